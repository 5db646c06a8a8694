//! What the page reports of an interaction, as plain data.

use super::limits::{PRIVATE_DETAIL, PRIVATE_DWELLS_MS};

/// What a person acted with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A mouse or track pad.
    Mouse,
    /// A finger.
    Touch,
    /// A pen.
    Pen,
    /// A key, such as Enter or Space on a focused button.
    Keyboard,
    /// A trusted click that no pointer or key preceded: screen readers, voice and switch control.
    Assistive,
}

impl Kind {
    /// Every kind, in the order of its code.
    pub const ALL: [Self; 5] =
        [Self::Mouse, Self::Touch, Self::Pen, Self::Keyboard, Self::Assistive];

    /// The byte on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Mouse => 0,
            Self::Touch => 1,
            Self::Pen => 2,
            Self::Keyboard => 3,
            Self::Assistive => 4,
        }
    }

    /// From the byte on the wire.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The name in JavaScript and in audit records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mouse => "mouse",
            Self::Touch => "touch",
            Self::Pen => "pen",
            Self::Keyboard => "keyboard",
            Self::Assistive => "assistive",
        }
    }

    /// Whether it moves towards its press. A finger comes down from nowhere.
    #[must_use]
    pub const fn hovers(self) -> bool {
        matches!(self, Self::Mouse | Self::Pen)
    }

    /// Whether it has a position: only then are there a click offset and samples.
    #[must_use]
    pub const fn is_pointer(self) -> bool {
        matches!(self, Self::Mouse | Self::Touch | Self::Pen)
    }
}

/// What the page reports beside the measurements.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Flags {
    /// Every event had `isTrusted`. The tracker makes no proof without it.
    pub trusted: bool,
    /// Some `pointermove` carried more than one coalesced sample.
    pub coalesced: bool,
    /// Some client coordinate was not a whole CSS px. To be judged against the pixel ratio.
    pub fractional: bool,
    /// `navigator.webdriver` was true.
    pub webdriver: bool,
    /// The pointer jumped to the press: [`super::trajectory::is_teleport`].
    pub teleport: bool,
}

impl Flags {
    /// The byte on the wire: `trusted` is bit 0, `teleport` bit 4.
    #[must_use]
    pub fn bits(self) -> u8 {
        let set = [self.trusted, self.coalesced, self.fractional, self.webdriver, self.teleport];
        set.into_iter().rev().fold(0, |bits, flag| (bits << 1) | u8::from(flag))
    }

    /// From the byte on the wire; `None` if an unknown bit is set.
    #[must_use]
    pub fn from_bits(bits: u8) -> Option<Self> {
        let flag = |bit: u8| bits & (1 << bit) != 0;
        let flags = Self {
            trusted: flag(0),
            coalesced: flag(1),
            fractional: flag(2),
            webdriver: flag(3),
            teleport: flag(4),
        };
        (flags.bits() == bits).then_some(flags)
    }
}

/// The press and its release.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Press {
    /// Press to release in ms, at most [`super::MAX_DWELL_MS`]; `None` if it was not released yet.
    pub dwell_ms: Option<u16>,
    /// `detail` of the click; 0 for keys, for assistive clicks, and before the click.
    pub detail: u8,
    /// Press point from the left edge of the target's box, in permille of its width. 0 without a pointer.
    pub offset_x: u16,
    /// Press point from the top edge of the target's box, in permille of its height. 0 without a pointer.
    pub offset_y: u16,
    /// Width of the target's box in CSS px.
    pub width: u16,
    /// Height of the target's box in CSS px.
    pub height: u16,
    /// `devicePixelRatio` in sixteenths, 1 to [`super::MAX_PIXEL_RATIO_16`].
    pub pixel_ratio_16: u16,
}

impl Press {
    /// The press point from the centre of the target, as a fraction of its box: `offset / 1000 − ½`,
    /// between −½ and ½ along each axis.
    #[must_use]
    pub fn offset_from_centre(&self) -> (f64, f64) {
        let centred = |permille: u16| f64::from(permille) / 1000.0 - 0.5;
        (centred(self.offset_x), centred(self.offset_y))
    }

    /// As privacy mode tells it.
    #[must_use]
    pub fn coarse(&self) -> Self {
        let step = |ms: u16| PRIVATE_DWELLS_MS.into_iter().rfind(|least| *least <= ms).unwrap_or(0);
        Self {
            dwell_ms: self.dwell_ms.map(step),
            detail: self.detail.min(PRIVATE_DETAIL),
            pixel_ratio_16: 16,
            ..Self::default()
        }
    }
}

/// One pointer position, relative to the next newer one; the newest is relative to the press.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Sample {
    /// How much earlier, in ms.
    pub dt_ms: u16,
    /// Its x less the newer one's, in CSS px, within ±[`super::MAX_STEP_PX`].
    pub dx: i16,
    /// Its y less the newer one's, in CSS px, within ±[`super::MAX_STEP_PX`].
    pub dy: i16,
}
