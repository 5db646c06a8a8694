//! Templates as a server registers them.

use partitioned_authority::{
    canonical::{jcs::canonicalize, json::parse, sha256},
    consent::{MAX_LANGUAGES, Segment, Style, Template},
    error::Code,
    verifier::actions::{Actions, Form},
};

/// The input is a template's JSON text.
pub fn check(data: &[u8]) {
    let registered = Actions::default().register(data, Form::Current, false);
    let Ok(value) = parse(data) else {
        assert_eq!(registered.unwrap_err().code, Code::ConfigInvalid);
        return;
    };
    let template = match Template::from_value(&value) {
        Ok(template) => template,
        Err(error) => {
            assert_eq!(error.code, Code::ConfigInvalid);
            assert!(registered.is_err());
            return;
        }
    };
    assert_eq!(template.version, sha256(&[canonicalize(&value).as_bytes()])[..16]);
    let languages: Vec<_> = template.languages().map(str::to_owned).collect();
    assert!(!languages.is_empty() && languages.len() <= MAX_LANGUAGES);
    for language in &languages {
        let mut shown = Vec::new();
        for segment in template.text(language).unwrap() {
            if let Segment::Field { name, style } = segment {
                shown.push(name.as_str());
                if let Style::Currency(currency) = style {
                    shown.push(currency);
                }
            }
        }
        let declared: Vec<_> = template.fields().iter().map(|field| field.name.as_str()).collect();
        assert!(declared.iter().all(|name| shown.contains(name)), "{language}");
        assert!(shown.iter().all(|name| declared.contains(name)), "{language}");
    }
    assert!(languages.contains(&template.language(&["en", "de"]).to_owned()));
    if registered.is_ok() {
        let mut actions = Actions::default();
        actions.register(data, Form::Current, false).unwrap();
        assert!(
            actions.has(&template.act) && actions.form(&template.act, &template.version).is_some()
        );
        assert!(actions.register(data, Form::Current, false).is_err(), "one name, one action");
        assert!(actions.register(data, Form::Previous, false).is_ok());
        assert!(template.overlaps(&template));
    }
}
