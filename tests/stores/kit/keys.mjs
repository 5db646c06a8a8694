/** The key of a frame, as `rekey` of a store takes it. */
export const frameKey = (keyId, { x = 'x', y = 'y' } = {}) => ({
  alg: 'ecdsa-p256-sha256',
  epoch: 0,
  cur: { keyId, jwk: { kty: 'EC', crv: 'P-256', x, y } },
});

/** The thumbprint of the key that signs a session's requests. */
export const keyIdOf = ({ keys }) => keys.frame.cur.keyId;
