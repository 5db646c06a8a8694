//! Text of a request is shown as it is, but for characters that have no shape of their own, change how
//! others are read, or would stand on others: those are shown by their code.

use alloc::string::String;

/// Longest value that is shown, in characters. A longer one is refused: nobody reads it.
pub const LONGEST: usize = 200;

/// Marks that a character may carry: enough for every language's letters, too few to strike out a line.
const MARKS: u8 = 2;

/// `text` with every misleading character as `\u{…}`; a backslash is doubled, so that nobody can write an
/// escape that is none. Marks need a character before them that is shown as itself, and are at most [`MARKS`];
/// a space stands alone, between others, as browsers draw neither more of them nor those at the ends.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks_left: u8 = 0;
    let mut after_space = true;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let is_space = character == ' ';
        let is_code = if is_space {
            after_space || rest.peek().is_none()
        } else if is_mark(character) {
            marks_left == 0
        } else {
            is_misleading(character)
        };
        marks_left = match character {
            _ if is_code || is_space => 0,
            mark if is_mark(mark) => marks_left.saturating_sub(1),
            _ => MARKS,
        };
        after_space = is_space;
        if is_code {
            out.push_str("\\u{");
            push_hex(&mut out, u32::from(character));
            out.push('}');
        } else if character == '\\' {
            out.push_str("\\\\");
        } else {
            out.push(character);
        }
    }
    out
}

/// Marks for letters of any script, which stack without end. Those of one script alone are not among them.
fn is_mark(character: char) -> bool {
    matches!(u32::from(character),
        0x300..=0x34e | 0x350..=0x36f | 0x483..=0x489 | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff
        | 0xfe20..=0xfe2f)
}

fn push_hex(out: &mut String, number: u32) {
    if number > 15 {
        push_hex(out, number / 16);
    }
    out.extend(char::from_digit(number % 16, 16));
}

/// Controls, line and paragraph separators, bidirectional controls and marks, zero-width and invisible
/// characters, fillers, tags, variation selectors, spaces but U+0020, private use and noncharacters
/// (Unicode 16, general categories Cc, Cf, Zl, Zp, Zs, Co, Cn as far as they are listed in UTS 39 §3.1).
fn is_misleading(character: char) -> bool {
    matches!(u32::from(character),
        0..=0x1f | 0x7f..=0xa0 | 0xad | 0x34f | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x890..=0x891
        | 0x8e2 | 0x115f..=0x1160 | 0x1680 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x2000..=0x200f
        | 0x2028..=0x202f | 0x205f..=0x206f | 0x2800 | 0x3000 | 0x3164 | 0xe000..=0xf8ff
        | 0xfdd0..=0xfdef | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xffff | 0x110bd | 0x110cd | 0x16fe4
        | 0x13430..=0x1345f | 0x1bca0..=0x1bca3 | 0x1d159 | 0x1d173..=0x1d17a | 0xe0000..=0x10ffff)
        || matches!(u32::from(character) & 0xffff, 0xfffe | 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_of_any_script_is_shown_as_it_is() {
        for text in ["Bob & Söhne", "مرحبا", "日本語", "naïve café", "£5 — 10 %", "😀"]
        {
            assert_eq!(escaped(text), text);
        }
    }

    #[test]
    fn what_could_mislead_is_shown_by_its_code() {
        assert_eq!(escaped("bob\u{202e}moc.live"), "bob\\u{202e}moc.live");
        assert_eq!(escaped("pay\u{200b}pal"), "pay\\u{200b}pal");
        assert_eq!(escaped("a\nb\u{2028}c\u{a0}d"), "a\\u{a}b\\u{2028}c\\u{a0}d");
        assert_eq!(escaped("\u{e0041}\u{feff}\u{fe0f}"), "\\u{e0041}\\u{feff}\\u{fe0f}");
        assert_eq!(escaped("\\u{202e}"), "\\\\u{202e}");
    }

    #[test]
    fn marks_do_not_stand_on_what_is_not_theirs() {
        for text in ["re\u{301}sume\u{301}", "a\u{302}\u{301}"] {
            assert_eq!(escaped(text), text);
        }
        assert_eq!(escaped("\u{336}a"), "\\u{336}a");
        assert_eq!(escaped("a \u{336}"), "a \\u{336}");
        assert_eq!(escaped("a\u{301}\u{302}\u{303}b"), "a\u{301}\u{302}\\u{303}b");
        assert_eq!(escaped("\u{200b}\u{301}"), "\\u{200b}\\u{301}");
    }

    #[test]
    fn a_space_that_is_not_drawn_is_shown() {
        assert_eq!(escaped("a b c"), "a b c");
        assert_eq!(escaped(" a  b "), "\\u{20}a \\u{20}b\\u{20}");
        assert_eq!(escaped(" "), "\\u{20}");
    }

    proptest::proptest! {
        #[test]
        fn two_texts_never_look_the_same(a: String, b: String) {
            proptest::prop_assert_eq!(a == b, escaped(&a) == escaped(&b));
        }
    }
}
