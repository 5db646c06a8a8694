/** Which buckets the movements of all users are in. One holds few enough to be read at once. */

/** Signatures in a bucket. */
const BUCKET = 128;

/** How many buckets there are, and what each of them may hold, for so many movements of so many signatures. */
export function bucketsFor(movements: number, signatures: number): { count: number; entries: number } {
  const all = Math.max(1, movements * signatures);
  return { count: Math.ceil(all / BUCKET), entries: Math.min(all, BUCKET) };
}

/** FNV-1a: signatures are hashes, but not of this module's making. */
function bucketOf(signature: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < signature.length; at += 1) hash = Math.imul(hash ^ signature.charCodeAt(at), 0x01000193) >>> 0;
  return hash % count;
}

/** Signatures by their bucket. */
export function inBuckets(signatures: readonly string[], count: number): Map<number, string[]> {
  const buckets = new Map<number, string[]>();
  for (const signature of new Set(signatures)) {
    const bucket = bucketOf(signature, count);
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), signature]);
  }
  return buckets;
}

/** How often the most frequent name is there. */
export function mostFrequent(names: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}
