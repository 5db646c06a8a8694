// Opens the store of a worker on a Redis.
import { storeOn, standalone } from '../stores/kit/redis-clients.mjs';

export async function open({ port, client, ...options }) {
  const { store, close } = await storeOn(standalone[client], port, options);
  return { store, close };
}
