//! Control groups, in the hierarchy that identifies containers.

use sensor_common::offsets::{MISSING, Place, Setting};

use super::{layout, memory::Address};

/// kernfs node of a task's control group.
#[inline(always)]
pub(crate) fn node(task: Address) -> Address {
    let set = task.follow(Place::TaskCgroups);
    let subsystem = layout::setting(Setting::CgroupSubsystem);
    let cgroup = if subsystem == MISSING {
        set.follow(Place::CssSetDefault)
    } else {
        let slot = set.member(Place::CssSetSubsystems).0 + u64::from(subsystem) * 8;
        Address(Address(slot).read::<u64>()).follow(Place::CssCgroup)
    };
    cgroup.follow(Place::CgroupKn)
}

/// kernfs id of a task's control group.
#[inline(always)]
pub(crate) fn id(task: Address) -> u64 {
    node(task).get(Place::KernfsId)
}
