//! Binding signals: what a browser says of itself, and which network it comes from. Evidence, not identity:
//! whoever can copy a browser profile can copy its headers. A change is worth hearing of all the same.
//!
//! A session keeps what was seen at its enrolment as one text, an RFC 9651 Dictionary. A reader ignores
//! members that it does not know, and compares nothing with another version: room for more of the
//! connection (a TLS fingerprint), and for modes that learn.
//!
//! | member | what |
//! |---|---|
//! | `v` | version, 1 |
//! | `net` | String: the masked prefix of the address, at most 49 characters |
//! | `ua` | Token: family of the browser by `User-Agent`, without its version |
//! | `os` | Token: platform by `User-Agent` |
//! | `ch-os` | String: `Sec-CH-UA-Platform` |
//! | `ch-mobile` | Boolean: `Sec-CH-UA-Mobile` |
//! | `ch-brand` | String: the brand of `Sec-CH-UA`, without its version |

use super::{
    head::Head,
    structured_field::{
        BareItem, Dictionary, Member, parse_dictionary, parse_item, parse_list,
        serialize_dictionary,
    },
    tier::Tier,
};
use crate::error::{Code, Error, Result};

const VERSION: i64 = 1;

/// Longest hint that is kept, characters.
const HINT_MAX: usize = 64;

/// Which differences count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// None; nothing is compared or kept.
    Off,
    /// Another browser family or platform.
    Relaxed,
    /// Any.
    Strict,
}

/// What happens to a request in which a difference counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OnMismatch {
    /// It is told of.
    Audit,
    /// It needs the policy's tier at least.
    StepUp,
    /// It is refused.
    Refuse,
}

/// What a deployment wants of signals.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Which differences count.
    pub mode: Mode,
    /// What they do.
    pub on_mismatch: OnMismatch,
    /// What [`OnMismatch::StepUp`] asks for, where a person can be asked to consent; `interactive` elsewhere.
    pub step_up: Tier,
}

impl Policy {
    /// From the names of its parts.
    ///
    /// # Errors
    /// `ERR_CONFIG_INVALID` for another name.
    pub fn from_names(mode: &str, on_mismatch: &str, step_up: &str) -> Result<Self> {
        Ok(Self {
            mode: match mode {
                "off" => Mode::Off,
                "relaxed" => Mode::Relaxed,
                "strict" => Mode::Strict,
                _ => return Err(Code::ConfigInvalid.because(&"no such mode of signals")),
            },
            on_mismatch: match on_mismatch {
                "audit" => OnMismatch::Audit,
                "step-up" => OnMismatch::StepUp,
                "refuse" => OnMismatch::Refuse,
                _ => return Err(Code::ConfigInvalid.because(&"no such answer to a mismatch")),
            },
            step_up: Tier::from_name(step_up)
                .filter(|tier| *tier >= Tier::Interactive)
                .ok_or(Code::ConfigInvalid.because(&"no tier to step up to"))?,
        })
    }

    /// The policy for requests that a person can, or can't, be asked to consent to.
    #[must_use]
    pub fn where_consent_is(self, possible: bool) -> Self {
        Self { step_up: if possible { self.step_up } else { Tier::Interactive }, ..self }
    }
}

/// What is seen of a browser in one request, by the names of the text.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Signals(Dictionary);

/// What differs from the enrolment.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Difference {
    /// Names of what differs, for the audit.
    pub changed: Vec<&'static str>,
    /// Whether any of it counts.
    pub counts: bool,
}

/// When a difference counts in `relaxed`; in `strict` each does.
#[derive(Clone, Copy)]
enum Relaxed {
    Never,
    Always,
    /// If both say something: hints come and go with updates.
    Known,
}

/// Each member that is compared, and what it is a signal of.
const COMPARED: [(&str, &str, Relaxed); 6] = [
    ("net", "network", Relaxed::Never),
    ("ua", "browser", Relaxed::Always),
    ("os", "platform", Relaxed::Always),
    ("ch-os", "platform", Relaxed::Known),
    ("ch-mobile", "mobile", Relaxed::Never),
    ("ch-brand", "brand", Relaxed::Never),
];

impl Signals {
    /// Reads a head; `network` is masked already.
    #[must_use]
    pub fn observe(head: &Head<'_>, network: Option<String>) -> Self {
        let mut out = Self::default();
        out.add("v", BareItem::Integer(VERSION));
        if let Some(agent) = head.fields("user-agent").next() {
            out.add("ua", BareItem::Token(first_of(BROWSERS, agent).to_owned()));
            out.add("os", BareItem::Token(first_of(PLATFORMS, agent).to_owned()));
        }
        if let Some(network) = network {
            out.add("net", BareItem::String(network));
        }
        for (member, field) in [("ch-os", "sec-ch-ua-platform"), ("ch-mobile", "sec-ch-ua-mobile")]
        {
            if let Some(Ok((hint, _))) = head.fields(field).next().map(parse_item) {
                out.add(member, hint);
            }
        }
        if let Some(brand) = head.fields("sec-ch-ua").next().and_then(brand) {
            out.add("ch-brand", brand);
        }
        out
    }

    fn add(&mut self, name: &str, item: BareItem) {
        if is_short(&item) {
            let items = vec![(item, Vec::new())];
            self.0.push((name.to_owned(), Member { items, ..Member::default() }));
        }
    }

    /// The text that a session keeps.
    ///
    /// # Errors
    /// `ERR_SIG_MALFORMED` for a part that is not printable ASCII, which nothing observed is.
    pub fn to_text(&self) -> Result<String> {
        serialize_dictionary(&self.0)
    }

    /// From that text; `None` for another version, and for what is no such text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let signals = Self(parse_dictionary(text).ok()?);
        (signals.get("v") == Some(&BareItem::Integer(VERSION))).then_some(signals)
    }

    /// The same without client hints: browsers send none with some requests that carry a ticket.
    #[must_use]
    pub fn without_hints(mut self) -> Self {
        self.0.retain(|(name, _)| !name.starts_with("ch-"));
        self
    }

    fn get(&self, name: &str) -> Option<&BareItem> {
        self.0.iter().find(|(other, _)| other == name).and_then(|(_, member)| sole(member))
    }

    /// How these differ from those at the enrolment. That one of both is absent is a difference, but for
    /// the network: whether an address is known is a matter of the server's own set-up.
    #[must_use]
    pub fn difference(&self, enrolled: &Self, mode: Mode) -> Difference {
        let mut out = Difference::default();
        for (member, name, relaxed) in COMPARED {
            let (now, then) = (self.get(member), enrolled.get(member));
            let known = now.is_some() && then.is_some();
            if now == then || (name == "network" && !known) {
                continue;
            }
            if !out.changed.contains(&name) {
                out.changed.push(name);
            }
            out.counts |= mode == Mode::Strict
                || match relaxed {
                    Relaxed::Never => false,
                    Relaxed::Always => true,
                    Relaxed::Known => known,
                };
        }
        out
    }
}

/// Whether a request that reached `reached` on a route for `required` is refused for its signals, and the
/// tier it needs.
#[must_use]
pub fn judge(
    difference: &Difference,
    policy: Policy,
    reached: Tier,
    required: Tier,
) -> (Tier, Option<Error>) {
    match policy.on_mismatch {
        OnMismatch::Refuse if difference.counts => {
            (required, Some(Code::PolicyRefused.because(&"not the browser that enrolled")))
        }
        OnMismatch::StepUp if difference.counts => {
            let required = required.max(policy.step_up);
            let short = Code::TierRequired.because(&"not the browser that enrolled");
            (required, (reached < required).then_some(short))
        }
        _ => (required, None),
    }
}

fn sole(member: &Member) -> Option<&BareItem> {
    match member.items.as_slice() {
        [(item, _)] if !member.is_list => Some(item),
        _ => None,
    }
}

/// What the `User-Agent` of a family holds; the first that fits. Those that call themselves Chrome or
/// Safari as well come before them.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "edge"),
    ("EdgA/", "edge"),
    ("EdgiOS/", "edge"),
    ("OPR/", "opera"),
    ("OPT/", "opera"),
    ("SamsungBrowser/", "samsung"),
    ("Firefox/", "firefox"),
    ("FxiOS/", "firefox"),
    ("CriOS/", "chrome"),
    ("Chrome/", "chrome"),
    ("Chromium/", "chrome"),
    ("Safari/", "safari"),
    ("AppleWebKit/", "webview"),
];

const PLATFORMS: &[(&str, &str)] = &[
    ("Android", "android"),
    ("iPhone", "ios"),
    ("iPad", "ios"),
    ("iPod", "ios"),
    ("Windows", "windows"),
    ("CrOS", "chromeos"),
    ("Macintosh", "macos"),
    ("Linux", "linux"),
    ("X11", "unix"),
];

fn first_of(table: &'static [(&str, &str)], agent: &str) -> &'static str {
    table.iter().find(|(mark, _)| agent.contains(mark)).map_or("other", |(_, name)| name)
}

fn is_short(item: &BareItem) -> bool {
    match item {
        BareItem::String(text) => text.len() <= HINT_MAX,
        BareItem::Integer(_) | BareItem::Token(_) | BareItem::Boolean(_) => true,
        _ => false,
    }
}

/// The brand that is neither the engine's nor there to keep readers from guessing ("Not/A)Brand"). Their
/// order changes from version to version.
fn brand(text: &str) -> Option<BareItem> {
    let brands = parse_list(text).ok()?;
    let names = brands.iter().filter_map(|brand| match sole(brand) {
        Some(BareItem::String(name)) => Some(name.as_str()),
        _ => None,
    });
    let own = names.filter(|name| !(name.contains("Not") && name.contains("Brand")));
    let first = own.min_by_key(|name| (*name == "Chromium", *name))?;
    Some(BareItem::String(first.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

    fn seen(fields: &[(&str, &str)], network: Option<&str>) -> Signals {
        let text: Vec<&str> = fields.iter().flat_map(|(name, value)| [*name, *value]).collect();
        let text = text.join("\n");
        let head = Head::parse("GET", "/", &text, fields.len(), 100_000).unwrap();
        Signals::observe(&head, network.map(str::to_owned))
    }

    fn chrome(agent: &str, brands: &str, platform: &str) -> Signals {
        seen(
            &[
                ("User-Agent", agent),
                ("Sec-CH-UA", brands),
                ("Sec-CH-UA-Platform", platform),
                ("Sec-CH-UA-Mobile", "?0"),
            ],
            Some("203.0.113.0/24"),
        )
    }

    const BRANDS: &str = r#""Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140""#;

    #[test]
    fn a_text_is_compact_and_reads_back() {
        let signals = chrome(CHROME, BRANDS, r#""Windows""#);
        let text = signals.to_text().unwrap();
        assert_eq!(
            text,
            r#"v=1, ua=chrome, os=windows, net="203.0.113.0/24", ch-os="Windows", ch-mobile=?0, ch-brand="Google Chrome""#
        );
        assert_eq!(Signals::from_text(&text), Some(signals.clone()));
        let later = format!(r#"{text}, tls="t13d1516h2";x, future=(1 2)"#);
        let read = Signals::from_text(&later).unwrap();
        let ignored = read.difference(&signals, Mode::Strict);
        assert_eq!(ignored, Difference::default(), "unknown members are ignored");
        assert_eq!(signals.difference(&read, Mode::Strict), ignored);
        for other in ["", "v=2, ua=chrome", "ua=chrome", "v=1, =", "v=?1", "v=(1)"] {
            assert_eq!(Signals::from_text(other), None, "{other}");
        }
        let nothing = seen(&[], None);
        assert_eq!(nothing.to_text().unwrap(), "v=1");
        assert_eq!(Signals::from_text("v=1"), Some(nothing));
    }

    #[test]
    fn no_header_makes_a_text_too_long() {
        let long = "x".repeat(5000);
        let quoted = format!("\"{long}\"");
        let text = chrome(&long, &quoted, &quoted).to_text().unwrap();
        assert!(text.len() <= 1024, "{}", text.len());
        assert!(text.contains("ua=other") && !text.contains("xxx"));
        let escaped = format!("\"{}\"", r"\\".repeat(64));
        let widest = chrome(CHROME, &escaped, &escaped);
        assert!(widest.to_text().unwrap().len() <= 1024);
        assert_eq!(Signals::from_text(&widest.to_text().unwrap()), Some(widest));
    }

    #[test]
    fn families_and_platforms() {
        for (agent, browser, platform) in [
            (CHROME, "chrome", "windows"),
            (&CHROME.replace("Safari/537.36", "Safari/537.36 Edg/140.0.0.0"), "edge", "windows"),
            (&CHROME.replace("Safari/537.36", "Safari/537.36 OPR/124.0.0.0"), "opera", "windows"),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "firefox",
                "linux",
            ),
            (
                "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
                "firefox",
                "android",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
                "chrome",
                "android",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
                "samsung",
                "android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "safari",
                "ios",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1",
                "chrome",
                "ios",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
                "webview",
                "ios",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
                "safari",
                "macos",
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
                "chrome",
                "chromeos",
            ),
            (
                "Mozilla/5.0 (X11; FreeBSD amd64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "firefox",
                "unix",
            ),
            ("curl/8.5.0", "other", "other"),
            ("", "other", "other"),
        ] {
            let signals = seen(&[("User-Agent", agent)], None);
            assert_eq!(
                (signals.get("ua"), signals.get("os")),
                (Some(&BareItem::Token(browser.into())), Some(&BareItem::Token(platform.into()))),
                "{agent}"
            );
        }
    }

    #[test]
    fn an_update_of_the_browser_changes_nothing() {
        let before = chrome(CHROME, BRANDS, r#""Windows""#);
        let after = chrome(
            &CHROME.replace("140", "141"),
            r#""Google Chrome";v="141", "Not?A_Brand";v="8", "Chromium";v="141""#,
            r#""Windows""#,
        );
        assert_eq!(after.difference(&before, Mode::Strict), Difference::default());
    }

    #[test]
    fn each_mode_has_its_rules() {
        let enrolled = chrome(CHROME, BRANDS, r#""Windows""#);
        let mac =
            CHROME.replace("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7");
        let with = |name: &str, item: Option<BareItem>| {
            let mut changed = enrolled.clone();
            changed.0.retain(|(other, _)| other != name);
            let member = |item| Member { items: vec![(item, Vec::new())], ..Member::default() };
            changed.0.extend(item.map(|item| (name.to_owned(), member(item))));
            changed
        };
        let elsewhere = with("net", Some(BareItem::String("198.51.100.0/24".into())));
        for (now, changed, relaxed, strict) in [
            (enrolled.clone(), vec![], false, false),
            (elsewhere, vec!["network"], false, true),
            (with("net", None), vec![], false, false),
            (with("ch-mobile", Some(BareItem::Boolean(true))), vec!["mobile"], false, true),
            (with("ch-brand", None), vec!["brand"], false, true),
            (with("ch-os", None), vec!["platform"], false, true),
            (chrome(CHROME, BRANDS, r#""macOS""#), vec!["platform"], true, true),
            (chrome(&mac, BRANDS, r#""Windows""#), vec!["platform"], true, true),
            (
                chrome(&CHROME.replace("Chrome/", "Firefox/"), BRANDS, r#""Windows""#),
                vec!["browser"],
                true,
                true,
            ),
            (enrolled.clone().without_hints(), vec!["platform", "mobile", "brand"], false, true),
            (Signals::default(), vec!["browser", "platform", "mobile", "brand"], true, true),
        ] {
            for (mode, counts) in [(Mode::Relaxed, relaxed), (Mode::Strict, strict)] {
                let expected = Difference { changed: changed.clone(), counts };
                assert_eq!(now.difference(&enrolled, mode), expected, "{now:?} {mode:?}");
            }
        }
    }

    #[test]
    fn what_a_mismatch_does() {
        let differs = Difference { changed: vec!["browser"], counts: true };
        let recorded = Difference { changed: vec!["network"], counts: false };
        let outcome = |difference, on_mismatch, reached, required| {
            let policy = Policy { mode: Mode::Relaxed, on_mismatch, step_up: Tier::Consent };
            let (tier, refusal) =
                judge(difference, policy.where_consent_is(false), reached, required);
            (tier, refusal.map(|error| error.code))
        };
        use OnMismatch::{Audit, Refuse, StepUp};
        use Tier::{Interactive, Signed};
        for reached in [Signed, Interactive] {
            assert_eq!(outcome(&differs, Audit, reached, Signed), (Signed, None));
            assert_eq!(
                outcome(&differs, Refuse, reached, Signed),
                (Signed, Some(Code::PolicyRefused))
            );
            for on_mismatch in [Audit, StepUp, Refuse] {
                assert_eq!(outcome(&recorded, on_mismatch, reached, Signed), (Signed, None));
            }
        }
        let short = (Interactive, Some(Code::TierRequired));
        assert_eq!(outcome(&differs, StepUp, Signed, Signed), short);
        assert_eq!(outcome(&differs, StepUp, Interactive, Signed), (Interactive, None));
        assert_eq!(outcome(&differs, StepUp, Interactive, Interactive), (Interactive, None));
        let policy = Policy { mode: Mode::Relaxed, on_mismatch: StepUp, step_up: Tier::Consent };
        for (reached, short) in [(Interactive, true), (Tier::Consent, false)] {
            let (tier, refusal) = judge(&differs, policy.where_consent_is(true), reached, Signed);
            assert_eq!((tier, refusal.is_some()), (Tier::Consent, short));
        }
    }

    #[test]
    fn policies_have_names() {
        for mode in ["off", "relaxed", "strict"] {
            for on_mismatch in ["audit", "step-up", "refuse"] {
                for step_up in ["interactive", "consent", "verified"] {
                    assert!(Policy::from_names(mode, on_mismatch, step_up).is_ok());
                }
            }
        }
        assert!(Policy::from_names("Strict", "audit", "interactive").is_err());
        assert!(Policy::from_names("strict", "", "interactive").is_err());
        assert!(Policy::from_names("strict", "audit", "signed").is_err());
    }
}
