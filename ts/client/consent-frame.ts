/**
 * A dialog of the page with a frame of the signing origin in it, for actions that name `surface: 'frame'`.
 * Weaker than a window: a page can cover, clip and mask what stands in its frames.
 */
export interface ConsentFrame {
  close(): void;
}

export function mountConsentFrame(signOrigin: string, id: string, onCancel: () => void): ConsentFrame {
  const dialog = document.createElement('dialog');
  dialog.setAttribute('data-partitioned-authority', '');
  const frame = document.createElement('iframe');
  frame.src = `${signOrigin}/consent-frame#${id}`;
  frame.title = 'Confirm';
  frame.allow = 'publickey-credentials-get; publickey-credentials-create';
  // Properties, not style attributes: a strict CSP allows them.
  Object.assign(frame.style, {
    display: 'block',
    border: '0',
    inlineSize: 'min(30rem, 92vw)',
    blockSize: 'min(26rem, 85vh)',
  });
  Object.assign(dialog.style, { padding: '0', border: '0', background: 'transparent' });
  dialog.append(frame);
  dialog.addEventListener('cancel', onCancel);
  document.body.append(dialog);
  dialog.showModal();
  return { close: () => dialog.remove() };
}
