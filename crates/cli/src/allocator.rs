//! The memory allocator of the binary.
//!
//! An import takes and frees large buffers all the time. Both the system's allocator and this one by
//! default give them back to the kernel at once, which clears every page anew: up to a fifth of an
//! import's time.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc's header; the bindings do not name it.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// How long freed memory is kept for the next to ask.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Keep {
    /// For the next look-up.
    Short,
    /// For the next segments of an import.
    Long,
}

/// Tells the allocator to give memory back late.
pub(crate) fn keep_freed_memory(keep: Keep) {
    let milliseconds = match keep {
        Keep::Short => 2_000,
        Keep::Long => 30_000,
    };
    #[expect(unsafe_code, reason = "the allocator's options have no safe binding")]
    // SAFETY: sets a number inside the allocator; any option and value are accepted.
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, milliseconds);
    }
}
