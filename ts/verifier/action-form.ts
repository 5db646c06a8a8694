/** What people are shown of one action. */
export interface ActionForm {
  /** `consent`: a trusted click on the signing origin. `verified`: and WebAuthn user verification. */
  tier: 'consent' | 'verified';
  method: string;
  /** The path of its requests; a segment `:name` stands for any one. Not the prefix that a router strips. */
  path: string;
  /** Name → where its value stands: `json:/pointer` (RFC 6901), `query:name` or `path:name`. Every member of a request. */
  fields: Record<string, string>;
  /** Language (BCP 47) → text, with `{field}`, `{field, number}`, `{field, currency}` or `{field, date}` in it. */
  text: Record<string, string>;
  /** `popup` by default. `frame` permits a dialog in the frame as well, which the page can cover: weaker. */
  surface?: 'popup' | 'frame';
}

export interface ActionOptions extends ActionForm {
  /** A person is asked only once the server asked for it: by `stepUp` of a route, or for signals. */
  onDemand?: boolean;
  /**
   * Other forms that are accepted as well, while servers of two releases run: what each of them had, or will
   * have, different.
   */
  previous?: readonly Partial<ActionForm>[];
}
