//! Recorded samples: JSON lines of the documented form, plain or gzip, from any directory.

use partitioned_authority::proof::{
    Flags, InteractionProof, Kind, MAX_DWELL_MS, Point, Press, quantise_unsigned,
    trajectory::samples,
};
use serde_json::Value;
use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// One press and the movement before it.
#[derive(Clone)]
pub struct Sample {
    pub source: String,
    pub bot: bool,
    /// The person and session, or the run of a generator.
    pub group: String,
    /// Oldest first, ms and px, as recorded.
    pub points: Vec<Point>,
    pub click: Point,
    pub dwell_ms: Option<f64>,
}

impl Sample {
    /// Who, without the session: all of a person's sessions are split together.
    pub fn person(&self) -> String {
        let mut parts = self.group.split('/');
        match parts.next() {
            Some("train" | "test" | "training" | "testing") => {
                parts.next().unwrap_or(&self.group).to_owned()
            }
            Some(first) => first.to_owned(),
            None => self.group.clone(),
        }
    }

    /// The proof that a browser would have made of it. Its movement is judged in the one view, frames of a
    /// 60 Hz page and whole px (`proof::features::view`), so that everyone's recorder looks the same.
    pub fn proof(&self, dwell: bool) -> InteractionProof {
        let dwell_ms = self.dwell_ms.filter(|_| dwell);
        InteractionProof {
            flags: Flags { trusted: true, ..Flags::default() },
            kind: Kind::Mouse,
            event_id: [0; 8],
            age_ms: 0,
            action_hash: [0; 16],
            press: Press {
                dwell_ms: dwell_ms.map(|ms| quantise_unsigned(ms, MAX_DWELL_MS)),
                detail: 1,
                pixel_ratio_16: 16,
                ..Press::default()
            },
            samples: samples(self.click, self.points.iter().rev().copied()),
            private: None,
        }
    }
}

/// Why a line, or a file, can't be read: always with the place.
#[derive(Debug)]
pub struct Malformed(pub String);

impl From<Malformed> for String {
    fn from(Malformed(reason): Malformed) -> Self {
        reason
    }
}

/// The files of a directory, or the one file.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, Malformed> {
    let at = |error: io::Error| Malformed(format!("{}: {error}", path.display()));
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(at)? {
        let path = entry.map_err(at)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        if name.is_some_and(|name| name.ends_with(".jsonl") || name.ends_with(".jsonl.gz")) {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Malformed(format!("{}: no *.jsonl or *.jsonl.gz in it", path.display())));
    }
    Ok(found)
}

/// The text of a file.
pub fn text(path: &Path) -> Result<String, Malformed> {
    let at = |error: io::Error| Malformed(format!("{}: {error}", path.display()));
    let bytes = fs::read(path).map_err(at)?;
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::MultiGzDecoder::new(bytes.as_slice())
            .read_to_string(&mut text)
            .map_err(at)?;
        return Ok(text);
    }
    String::from_utf8(bytes).map_err(|_| Malformed(format!("{}: not UTF-8", path.display())))
}

/// Every sample of a directory, files in the order of their names.
pub fn read(path: &Path) -> Result<Vec<Sample>, Malformed> {
    let mut all = Vec::new();
    for file in files(path)? {
        for (number, line) in text(&file)?.lines().enumerate() {
            if !line.trim().is_empty() {
                let at = |reason| Malformed(format!("{}:{}: {reason}", file.display(), number + 1));
                all.push(parse(line).map_err(at)?);
            }
        }
    }
    Ok(all)
}

/// One line.
pub fn parse(line: &str) -> Result<Sample, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("no JSON: {error}"))?;
    let text = |name: &str| match value.get(name) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(format!("`{name}` is no string")),
        None => Err(format!("`{name}` is missing")),
    };
    let bot = match text("label")?.as_str() {
        "bot" => true,
        "human" => false,
        other => return Err(format!("`label` is \"{other}\", not \"human\" or \"bot\"")),
    };
    let mut points: Vec<Point> = match value.get("points") {
        Some(Value::Array(points)) => points
            .iter()
            .map(point)
            .collect::<Option<_>>()
            .ok_or("`points` is not [[t, x, y], …]")?,
        Some(_) => return Err("`points` is no list".to_owned()),
        None => return Err("`points` is missing".to_owned()),
    };
    // As in a proof, time never runs backwards.
    let mut latest = f64::NEG_INFINITY;
    for point in &mut points {
        latest = latest.max(point.t);
        point.t = latest;
    }
    // Without a click it was where and when the movement ended.
    let click = match value.get("click") {
        None | Some(Value::Null) => points.last().copied().unwrap_or_default(),
        Some(click) => point(click).ok_or("`click` is not [t, x, y]")?,
    };
    let dwell_ms = match value.get("dwell_ms") {
        None | Some(Value::Null) => None,
        Some(dwell) => Some(dwell.as_f64().ok_or("`dwell_ms` is no number")?),
    };
    let source = text("source")?;
    let group = text("group").unwrap_or_else(|_| source.clone());
    Ok(Sample { source, bot, group, points, click, dwell_ms })
}

fn point(value: &Value) -> Option<Point> {
    let [t, x, y] = value.as_array()?.as_slice() else { return None };
    Some(Point { t: t.as_f64()?, x: x.as_f64()?, y: y.as_f64()? })
}
