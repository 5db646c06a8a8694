// Every client is taken as its library types it, and what is none is not.
import { Cluster, Redis } from 'ioredis';
import { redisStore } from 'partitioned-authority/stores/redis';
import { createClient, createClientPool, createCluster } from 'redis';

redisStore({ client: createClient() });
redisStore({ client: createClient({ RESP: 3 }), prefix: 'x:', timeoutMs: 1, skewMs: 0, accept: ['eviction'] });
redisStore({ client: createClientPool() });
redisStore({ client: createCluster({ rootNodes: [] }) });
redisStore({ client: new Redis({ lazyConnect: true }) });
redisStore({ client: new Cluster([]) });

// @ts-expect-error No client.
redisStore({});
// @ts-expect-error Not one of them.
redisStore({ client: { get: async (key: string) => key } });
// @ts-expect-error No such option.
redisStore({ client: createClient(), timeout: 1 });
// @ts-expect-error Nothing that can be accepted.
redisStore({ client: createClient(), accept: ['replicas'] });
