/** Which buckets the movements of all users are in. One holds few enough to be read at once. */

/** Hashes in a bucket. */
const BUCKET = 128;

/** How many buckets there are, and what each of them may hold, for so many movements of so many hashes. */
export function bucketsFor(movements: number, hashes: number): { count: number; entries: number } {
  const all = Math.max(1, movements * hashes);
  return { count: Math.ceil(all / BUCKET), entries: Math.min(all, BUCKET) };
}

/** FNV-1a: they are hashes, but not of this module's making. */
function bucketOf(text: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash % count;
}

/** Hashes by their bucket. */
export function inBuckets(hashes: readonly string[], count: number): Map<number, string[]> {
  const buckets = new Map<number, string[]>();
  for (const one of new Set(hashes)) {
    const bucket = bucketOf(one, count);
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), one]);
  }
  return buckets;
}

/** How often the most frequent name is there. */
export function mostFrequent(names: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}
