/** Written by the build: `signing-iframe.js` as text, and its SRI hash. */
export declare const source: string;
export declare const integrity: string;
