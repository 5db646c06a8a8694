//! The interaction proof as a value.

use super::{
    action::ActionHash, features, features::PrivateFeatures, marks::Marks, trajectory::Point,
};
use alloc::vec::Vec;

/// The widest age of an interaction, in ms. Older ones give no proof, and none is accepted.
pub const MAX_AGE_MS: u16 = 5_000;

/// Most samples of a trajectory.
pub const MAX_SAMPLES: usize = 100;

/// How far before the press a trajectory reaches, in ms.
pub const WINDOW_MS: u16 = 2_000;

/// The widest step between two samples along one axis, in CSS px.
pub const MAX_STEP_PX: i16 = 8_191;

/// The longest press-to-release time told apart, in ms.
pub const MAX_DWELL_MS: u16 = 30_000;

/// The largest `devicePixelRatio` told apart, in sixteenths.
pub const MAX_PIXEL_RATIO_16: u16 = 256;

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
    /// Press to release in ms, at most [`MAX_DWELL_MS`]; `None` if it was not released yet.
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
    /// `devicePixelRatio` in sixteenths, 1 to [`MAX_PIXEL_RATIO_16`].
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
}

/// One pointer position, relative to the next newer one; the newest is relative to the press.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Sample {
    /// How much earlier, in ms.
    pub dt_ms: u16,
    /// Its x less the newer one's, in CSS px, within ±[`MAX_STEP_PX`].
    pub dx: i16,
    /// Its y less the newer one's, in CSS px, within ±[`MAX_STEP_PX`].
    pub dy: i16,
}

/// Evidence that a person acted just now: `Interaction-Proof`. No absolute position or time is in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InteractionProof {
    /// What the page reports.
    pub flags: Flags,
    /// What the person acted with.
    pub kind: Kind,
    /// Random, one for an interaction; it serves at most four requests.
    pub event_id: [u8; 8],
    /// From the last event of the interaction to the making of the proof, at most [`MAX_AGE_MS`].
    pub age_ms: u16,
    /// The action it is bound to: [`super::action_hash`].
    pub action_hash: ActionHash,
    /// The press.
    pub press: Press,
    /// The trajectory before the press, newest first, at most [`MAX_SAMPLES`] within [`WINDOW_MS`].
    /// Empty unless the kind is a pointer, and in privacy mode.
    pub samples: Vec<Sample>,
    /// What stands for press and trajectory in privacy mode: then `press` has no more than a coarse dwell
    /// and `detail`, and there are no samples.
    pub private: Option<Private>,
}

/// A press and a movement without positions and times.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Private {
    /// What a person's press does not show.
    pub marks: Marks,
    /// The numbers of the movement; `None` if there was too little of it.
    pub movement: Option<PrivateFeatures>,
}

/// The press-to-release times that privacy mode tells apart, ms: the longest of these that is not longer.
pub const PRIVATE_DWELLS_MS: [u16; 10] = [0, 5, 20, 30, 60, 90, 130, 200, 400, 1001];

/// The greatest `detail` that privacy mode tells apart.
pub const PRIVATE_DETAIL: u8 = 3;

impl Press {
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

impl InteractionProof {
    /// What a person's press does not show: as reported in privacy mode, else as found here. `points` are
    /// those of [`InteractionProof::points`].
    #[must_use]
    pub fn marks(&self, points: &[Point]) -> Marks {
        match self.private {
            Some(private) => private.marks,
            None => Marks::of(self.kind, self.flags, &self.press, points),
        }
    }

    /// The same interaction without positions and times: privacy mode. Numbers and marks are found from the
    /// rounded samples, as a server would.
    #[must_use]
    pub fn without_trajectory(self) -> Self {
        let private = self.private.unwrap_or_else(|| {
            let points = self.points();
            Private {
                marks: self.marks(&points),
                movement: features::measure(&points)
                    .filter(|_| self.kind.hovers())
                    .map(|numbers| features::private(&numbers)),
            }
        });
        Self {
            flags: Flags { coalesced: false, fractional: false, ..self.flags },
            press: self.press.coarse(),
            samples: Vec::new(),
            private: Some(private),
            ..self
        }
    }
}
