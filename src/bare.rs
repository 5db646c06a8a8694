//! What std would bring, for artefacts that are counted in bytes.

use talc::{
    cell::TalcSyncCell,
    wasm::{WasmBinning, WasmGrowAndClaim},
};

#[global_allocator]
static ALLOCATOR: TalcSyncCell<WasmGrowAndClaim, WasmBinning> =
    TalcSyncCell::new_wasm(WasmGrowAndClaim);

/// Traps. As nobody reads the message, all that would make and format it is left out of the artefact.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The methods of `f64` that core lacks, under their names.
#[cfg(feature = "tracker")]
pub(crate) trait Real {
    fn atan2(self, other: Self) -> Self;
    fn round_ties_even(self) -> Self;
    fn sqrt(self) -> Self;
}

#[cfg(feature = "tracker")]
impl Real for f64 {
    fn atan2(self, other: Self) -> Self {
        js_sys::Math::atan2(self, other)
    }

    /// For magnitudes below 2^51: beside 1.5 · 2^52 no fraction has room.
    fn round_ties_even(self) -> Self {
        const NO_FRACTIONS: f64 = 6_755_399_441_055_744.0;
        self + NO_FRACTIONS - NO_FRACTIONS
    }

    fn sqrt(self) -> Self {
        js_sys::Math::sqrt(self)
    }
}
