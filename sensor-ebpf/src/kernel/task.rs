//! Who: identity, credentials and namespaces of a task.

use aya_ebpf::helpers::generated::{bpf_get_current_pid_tgid, bpf_get_current_task};
use sensor_common::{
    Namespaces,
    offsets::{Place, Setting},
};

use super::{layout, memory::Address};

/// The current task.
#[inline(always)]
pub(crate) fn current() -> Address {
    // SAFETY: the helper only returns a pointer.
    Address(unsafe { bpf_get_current_task() })
}

/// Whether this task is the agent itself.
#[inline(always)]
pub(crate) fn is_agent(task: Address) -> bool {
    task.get::<u32>(Place::TaskTgid) == layout::setting(Setting::AgentPid)
}

/// Whether the current task is the agent itself.
#[inline(always)]
pub(crate) fn current_is_agent() -> bool {
    // SAFETY: the helper only returns a number.
    let ids = unsafe { bpf_get_current_pid_tgid() };
    (ids >> 32) as u32 == layout::setting(Setting::AgentPid)
}

/// Start of the process of this task, nanoseconds since boot.
#[inline(always)]
pub(crate) fn start_time(task: Address) -> u64 {
    task.follow(Place::TaskGroupLeader)
        .get(Place::TaskStartBoottime)
}

/// The innermost pid namespace entry (`struct upid`) of a task.
#[inline(always)]
fn innermost_pid(task: Address) -> Address {
    let pid = task.follow(Place::TaskThreadPid);
    // The kernel allows 32 levels; the mask only bounds a wild read.
    let level = u64::from(pid.get::<u32>(Place::PidLevel)) & 31;
    Address(pid.member(Place::PidNumbers).0 + level * layout::offset(Place::UpidSize))
}

/// Process id of a group leader as it sees itself.
#[inline(always)]
pub(crate) fn namespace_pid(task: Address) -> u32 {
    innermost_pid(task.follow(Place::TaskGroupLeader)).get(Place::UpidNr)
}

/// Inode number of the active pid namespace.
#[inline(always)]
pub(crate) fn pid_namespace(task: Address) -> u32 {
    innermost_pid(task)
        .follow(Place::UpidNs)
        .get(Place::PidNsInum)
}

/// Inode number of the mount namespace; 0 for a task on its way out.
#[inline(always)]
pub(crate) fn mount_namespace(task: Address) -> u32 {
    let nsproxy = task.follow(Place::TaskNsproxy);
    if nsproxy.is_null() {
        return 0;
    }
    nsproxy.follow(Place::NsproxyMnt).get(Place::MntNsInum)
}

/// Namespaces of a task.
#[inline(always)]
pub(crate) fn namespaces(task: Address) -> Namespaces {
    let nsproxy = task.follow(Place::TaskNsproxy);
    let user = task.follow(Place::TaskCred).follow(Place::CredUserNs);
    let mut namespaces = Namespaces {
        pid: pid_namespace(task),
        ..of_proxy(nsproxy)
    };
    namespaces.user = user.get(Place::UserNsInum);
    namespaces
}

/// Namespaces of an nsproxy; `pid` and `user` are not kept there and stay 0.
#[inline(always)]
pub(crate) fn of_proxy(nsproxy: Address) -> Namespaces {
    let ipc = if layout::has(Place::IpcNsInum) {
        nsproxy.follow(Place::NsproxyIpc).get(Place::IpcNsInum)
    } else {
        0
    };
    Namespaces {
        mnt: nsproxy.follow(Place::NsproxyMnt).get(Place::MntNsInum),
        pid: 0,
        net: nsproxy.follow(Place::NsproxyNet).get(Place::NetNsInum),
        uts: nsproxy.follow(Place::NsproxyUts).get(Place::UtsNsInum),
        ipc,
        cgroup: nsproxy
            .follow(Place::NsproxyCgroup)
            .get(Place::CgroupNsInum),
        user: 0,
        pid_for_children: nsproxy
            .follow(Place::NsproxyPidForChildren)
            .get(Place::PidNsInum),
    }
}
