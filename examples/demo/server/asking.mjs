/** Which transfers a person confirms, and in which words. */

/** Euros: over the first a person confirms in a window of the signing origin, over the second with a passkey as well. */
export const CONFIRM_OVER = 100;
export const PASSKEY_OVER = 500;

export function registerActions(authority) {
  authority.action('transfer', {
    tier: 'consent',
    onDemand: true,
    method: 'POST',
    path: '/api/transfers',
    fields: { to: 'json:/to', name: 'json:/name', amount: 'json:/amount', currency: 'json:/currency' },
    text: {
      en: 'Send {amount, currency} to {name} ({to}).',
      de: '{amount, currency} an {name} ({to}) senden.',
      fr: 'Envoyer {amount, currency} à {name} ({to}).',
      es: 'Enviar {amount, currency} a {name} ({to}).',
      ar: 'إرسال {amount, currency} إلى {name} ({to}).',
    },
  });
}

/** The tier that this very transfer needs. An amount that is none is the bank's to refuse. */
export function neededFor({ body }) {
  const amount = Number(body?.amount);
  if (amount > PASSKEY_OVER) return 'verified';
  return amount > CONFIRM_OVER ? 'consent' : undefined;
}
