/** Written by the build: `consent.js` as text, and its SRI hash. */
export declare const source: string;
export declare const integrity: string;
