//! Charts as SVG, for light and dark pages.

use std::{fmt::Write as _, fs, io, path::Path};

/// Shares of an axis, each with the label of its tick.
#[derive(Clone)]
pub struct Axis {
    pub ticks: Vec<(f64, &'static str)>,
    /// By its logarithm.
    pub log: bool,
}

/// From place to place, in units of the axes.
#[derive(Clone)]
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// Lines on one pair of axes. Lines of a place have the same colour in every panel.
pub struct Panel {
    pub title: String,
    pub lines: Vec<Line>,
}

/// Panels side by side, all of the same axes and lines.
pub struct Chart {
    /// Of the file, and of the chart.
    pub name: String,
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    pub x_label: &'static str,
    pub panels: Vec<Panel>,
    pub columns: usize,
    /// Of a panel, px.
    pub size: (f64, f64),
    /// What is to be reached or not to be passed: a dotted line.
    pub guide: Line,
}

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

/// Around the panels, between them, and for the legend, px.
const LEFT: f64 = 52.0;
const TOP: f64 = 58.0;
const BOTTOM: f64 = 26.0;
const ACROSS: f64 = 44.0;
const DOWN: f64 = 44.0;
const LEGEND: f64 = 240.0;

impl Axis {
    /// From 0 to 1, limited to the ticks.
    fn place(&self, value: f64) -> f64 {
        let scaled = |value: f64| if self.log { libm::log(value) } else { value };
        let (Some(first), Some(last)) = (self.ticks.first(), self.ticks.last()) else {
            return 0.0;
        };
        let (from, to) = (scaled(first.0), scaled(last.0));
        ((scaled(value.clamp(first.0, last.0)) - from) / (to - from)).clamp(0.0, 1.0)
    }
}

impl Chart {
    /// `<name>-light.svg` and `<name>-dark.svg`; nothing where there is nothing to show.
    pub fn write(&self, directory: &Path) -> io::Result<()> {
        if self.panels.iter().all(|panel| panel.lines.is_empty()) {
            return Ok(());
        }
        for theme in &THEMES {
            fs::write(
                directory.join(format!("{}-{}.svg", self.name, theme.name)),
                self.draw(theme),
            )?;
        }
        Ok(())
    }

    fn draw(&self, theme: &Theme) -> String {
        let (w, h) = self.size;
        let rows = self.panels.len().div_ceil(self.columns) as f64;
        let columns = self.columns.min(self.panels.len()) as f64;
        let right = LEFT + columns * (w + ACROSS) - ACROSS;
        let names: Vec<&str> = self
            .panels
            .first()
            .into_iter()
            .flat_map(|panel| panel.lines.iter().map(|line| line.name.as_str()))
            .collect();
        let legend = TOP + 22.0 * (names.len() + 1) as f64;
        let height = (TOP + rows * (h + DOWN) + BOTTOM).max(legend + BOTTOM);
        let width = right + LEGEND;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"{}\" role=\"img\">\n<title>{title}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n<text x=\"{LEFT}\" y=\"24\" font-size=\"14\">{title}</text>\n",
            theme.text,
            theme.ground,
            title = escape(&self.title),
        );
        for (i, panel) in self.panels.iter().enumerate() {
            let (row, column) = ((i / self.columns) as f64, (i % self.columns) as f64);
            let at = (LEFT + column * (w + ACROSS), TOP + row * (h + DOWN));
            self.panel(theme, panel, at, &mut svg);
        }
        let bottom = TOP + rows * (h + DOWN) + 4.0;
        let middle = (LEFT + right) / 2.0;
        let label = escape(self.x_label);
        let _ = writeln!(
            svg,
            "<text x=\"{middle}\" y=\"{bottom}\" text-anchor=\"middle\">{label}</text>"
        );
        let key = names.iter().enumerate().map(|(i, name)| (*name, stroke(theme, i)));
        let guide = (self.guide.name.as_str(), guide(theme));
        for (i, (name, stroke)) in key.chain([guide]).enumerate() {
            let (x, y) = (right + 24.0, TOP + 10.0 + 22.0 * i as f64);
            let _ = writeln!(
                svg,
                "<line x1=\"{x}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\" {stroke}/><text x=\"{}\" y=\"{}\">{}</text>",
                x + 22.0,
                x + 28.0,
                y + 4.0,
                escape(name)
            );
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn panel(&self, theme: &Theme, panel: &Panel, (left, top): (f64, f64), svg: &mut String) {
        let (w, h) = self.size;
        let x = |value: f64| left + w * self.x.place(value);
        let y = |value: f64| top + h * (1.0 - self.y.place(value));
        let _ =
            writeln!(svg, "<text x=\"{left}\" y=\"{}\">{}</text>", top - 6.0, escape(&panel.title));
        for (value, label) in &self.x.ticks {
            let (x, foot) = (x(*value), top + h);
            let _ = writeln!(
                svg,
                "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top}\" y2=\"{foot}\" stroke=\"{}\"/><text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\" font-size=\"11\">{label}</text>",
                theme.grid,
                foot + 14.0
            );
        }
        for (value, label) in &self.y.ticks {
            let (y, end) = (y(*value), left + w);
            let _ = writeln!(
                svg,
                "<line x1=\"{left}\" x2=\"{end}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{}\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" font-size=\"11\">{label}</text>",
                theme.grid,
                left - 5.0,
                y + 4.0
            );
        }
        let lines = panel.lines.iter().enumerate().map(|(i, line)| (line, stroke(theme, i)));
        for (line, stroke) in [(&self.guide, guide(theme))].into_iter().chain(lines) {
            let points: Vec<String> =
                line.points.iter().map(|(a, b)| format!("{:.1},{:.1}", x(*a), y(*b))).collect();
            let _ =
                writeln!(svg, "<polyline fill=\"none\" {stroke} points=\"{}\"/>", points.join(" "));
        }
    }
}

fn stroke(theme: &Theme, place: usize) -> String {
    let colour = theme.lines[place % theme.lines.len()];
    let dash = DASHES[place / theme.lines.len() % DASHES.len()];
    format!("stroke=\"{colour}\" stroke-width=\"1.6\"{dash}")
}

fn guide(theme: &Theme) -> String {
    format!("stroke=\"{}\" stroke-width=\"1.2\" stroke-dasharray=\"1 3\"", theme.text)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
