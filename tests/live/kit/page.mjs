// What the page does, as texts that any driver can run in it.

/** Connects, logs in and enrols. */
export const prepare = (signOrigin, mode, user) => `(async () => {
  while (!window.PAS) await new Promise((resolve) => setTimeout(resolve, 10));
  window.pas = await window.PAS.connect({ signOrigin: ${JSON.stringify(signOrigin)}, tracker: { mode: ${JSON.stringify(mode)} } });
  await fetch(${JSON.stringify(`/login/${user}`)}, { method: 'POST' });
  await window.pas.enroll();
})()`;

/** Puts the button elsewhere; its next click sends a signed request with the proof. */
export const arm = (x, y) => `(() => {
  const button = document.querySelector('#go');
  Object.assign(button.style, { position: 'fixed', left: '${x}px', top: '${y}px', width: '120px', height: '36px' });
  window.outcome = new Promise((resolve) => {
    button.addEventListener('click', async () => {
      const response = await window.pas.fetch('/api/act', { method: 'POST', body: 'x', action: 'act' });
      const json = await response.json();
      resolve({ status: response.status, code: json.code, interaction: json.interaction });
    }, { once: true });
  });
})()`;

export const outcome = 'window.outcome';
