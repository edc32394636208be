//! An allocator that wipes freed memory: ureq's, rustls' and serde's buffers hold secrets too.

use std::alloc::{GlobalAlloc, Layout, System};

/// The system's allocator with wiping. Only the C ABI installs it: a Rust program chooses its own
/// allocator.
struct Wiping;

#[cfg(not(asr_no_wipe))]
#[global_allocator]
static WIPING: Wiping = Wiping;

// SAFETY: every block comes from and returns to `System` with the layout it was asked for. The
// provided `realloc` copies into a new block and frees the old one here, so that it is wiped too.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    // Inlining it at each place that frees memory makes the library 40 kB larger.
    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is valid for its layout until it is freed on the next line.
        unsafe {
            block.write_bytes(0, layout.size());
            // Without this the compiler removes the write, because nothing reads the memory later.
            std::hint::black_box(block);
            System.dealloc(block, layout);
        }
    }
}
