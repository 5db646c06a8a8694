//! ROC curves as SVG, for light and dark pages.

use crate::judged::{Judged, Mode, groups};
use std::{fmt::Write as _, fs, io, path::Path};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 220.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 48.0;

/// People refused on the left, from one in a thousand.
const LEAST: f64 = 0.001;

struct Theme {
    name: &'static str,
    ground: &'static str,
    text: &'static str,
    grid: &'static str,
    lines: [&'static str; 8],
}

const THEMES: [Theme; 2] = [
    Theme {
        name: "light",
        ground: "#ffffff",
        text: "#1f2328",
        grid: "#d8dee4",
        lines: [
            "#0969da", "#bc4c00", "#1a7f37", "#8250df", "#cf222e", "#57606a", "#9a6700", "#bf3989",
        ],
    },
    Theme {
        name: "dark",
        ground: "#0d1117",
        text: "#e6edf3",
        grid: "#30363d",
        lines: [
            "#58a6ff", "#f0883e", "#3fb950", "#bc8cff", "#ff7b72", "#8b949e", "#d29922", "#f778ba",
        ],
    },
];

const DASHES: [&str; 2] = ["", " stroke-dasharray=\"5 3\""];

/// `roc-<name>-<theme>.svg`: a curve for each generator against all people here whose movement could be measured.
pub fn curves(directory: &Path, name: &str, judged: &[Judged]) -> io::Result<()> {
    let mut people: Vec<f64> = groups(judged, false, true, Mode::Whole)
        .into_iter()
        .filter(|(source, _)| !source.ends_with(" varied"))
        .flat_map(|(_, groups)| groups.concat())
        .collect();
    people.sort_by(f64::total_cmp);
    let programs = groups(judged, true, false, Mode::Whole);
    if people.is_empty() || programs.is_empty() {
        return Ok(());
    }
    for theme in &THEMES {
        let mut svg =
            frame(theme, &format!("Programs caught by people refused, one click ({name})"));
        for (i, (source, groups)) in programs.iter().enumerate() {
            let mut values = groups.concat();
            values.sort_by(f64::total_cmp);
            let colour = theme.lines[i % theme.lines.len()];
            let dash = DASHES[i / theme.lines.len() % DASHES.len()];
            let points: Vec<String> = curve(&people, &values)
                .into_iter()
                .map(|(refused, caught)| format!("{:.1},{:.1}", across(refused), up(caught)))
                .collect();
            let _ = writeln!(
                svg,
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\"{dash} points=\"{}\"/>",
                points.join(" ")
            );
            let y = TOP + 14.0 + 22.0 * i as f64;
            let x = WIDTH - RIGHT + 16.0;
            let _ = writeln!(
                svg,
                "<line x1=\"{x}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>",
                x + 22.0
            );
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{}\" fill=\"{}\">{}</text>",
                x + 28.0,
                y + 4.0,
                theme.text,
                escape(source)
            );
        }
        svg.push_str("</svg>\n");
        fs::write(directory.join(format!("roc-{name}-{}.svg", theme.name)), svg)?;
    }
    Ok(())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn across(refused: f64) -> f64 {
    let share = libm::log10(refused.max(LEAST) / LEAST) / 3.0;
    LEFT + (WIDTH - LEFT - RIGHT) * share
}

fn up(caught: f64) -> f64 {
    HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * caught
}

/// Share of people refused and of programs caught, at 90 shares of people.
fn curve(people: &[f64], programs: &[f64]) -> Vec<(f64, f64)> {
    (0..=90)
        .map(|i| {
            let refused = LEAST * libm::pow(10.0, f64::from(i) / 30.0);
            let most = (refused * people.len() as f64).floor() as usize;
            let limit =
                people.get(people.len().saturating_sub(most + 1)).copied().unwrap_or(f64::INFINITY);
            let limit = if most >= people.len() { f64::NEG_INFINITY } else { limit };
            let caught = programs.len() - programs.partition_point(|value| *value <= limit);
            (refused, caught as f64 / programs.len() as f64)
        })
        .collect()
}

fn frame(theme: &Theme, title: &str) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"system-ui, sans-serif\" font-size=\"12\" role=\"img\">\n<title>{title}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n<text x=\"{LEFT}\" y=\"22\" font-size=\"14\" fill=\"{}\">{title}</text>\n",
        theme.ground, theme.text,
    );
    for (refused, label) in [(0.001, "0.1 %"), (0.01, "1 %"), (0.1, "10 %"), (1.0, "100 %")] {
        let x = across(refused);
        let _ = writeln!(
            svg,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{}\" stroke=\"{}\"/>",
            HEIGHT - BOTTOM,
            theme.grid
        );
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"{}\">{label}</text>",
            HEIGHT - BOTTOM + 18.0,
            theme.text
        );
    }
    for tenth in 0..=5 {
        let caught = f64::from(tenth) / 5.0;
        let y = up(caught);
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{}\"/>",
            WIDTH - RIGHT,
            theme.grid
        );
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{}\">{:.0} %</text>",
            LEFT - 6.0,
            y + 4.0,
            theme.text,
            100.0 * caught
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"{}\">people refused</text>",
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 10.0,
        theme.text
    );
    svg
}
