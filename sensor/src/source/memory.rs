//! The agent's own memory.

/// Gives memory that start-up needed (type information of the kernel, rule texts) back to the
/// kernel. Only glibc keeps it; other allocators return it by themselves.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim(3) takes a number and touches only free memory of the allocator.
    unsafe {
        libc::malloc_trim(0);
    }
}
