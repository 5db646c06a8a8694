// A client whose scripts read another clock than the server's: all that differs is what `TIME` answers. The
// server's own clock, by which keys expire, goes on as it does.
const TIME = "redis.call('TIME')";

export const withClock = (client, clock) => ({
  isOpen: true,
  sendCommand: (args, options) => {
    const [command, script, ...rest] = args;
    if (command === 'EVALSHA') return Promise.reject(new Error('NOSCRIPT the text is changed on its way'));
    const now = clock();
    const [seconds, micros] = [Math.floor(now / 1000), (now % 1000) * 1000];
    const text = script.replace(TIME, () => `{ '${seconds}', '${micros}' }`);
    return client.sendCommand([command, text, ...rest], options);
  },
});
