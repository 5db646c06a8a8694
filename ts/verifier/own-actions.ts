/** The actions of the protocol itself: what changes an account's passkeys. */
import type { ActionForm } from './action-form.js';

export const ADD_PASSKEY = 'pas.passkey.add';
export const REMOVE_PASSKEY = 'pas.passkey.remove';

export const OWN_ACTIONS: Record<string, ActionForm> = {
  [ADD_PASSKEY]: {
    tier: 'consent',
    method: 'POST',
    path: '/.pas/passkeys/add',
    fields: { label: 'json:/label' },
    text: {
      en: 'Add a passkey to your account, named “{label}”. Whoever holds it can confirm actions in your name.',
      ar: 'إضافة مفتاح مرور إلى حسابك باسم «{label}». يستطيع من يملكه تأكيد الإجراءات باسمك.',
      de: 'Ihrem Konto einen Passkey namens „{label}“ hinzufügen. Wer ihn hat, kann in Ihrem Namen Aktionen bestätigen.',
      es: 'Añadir a su cuenta una llave de acceso llamada «{label}». Quien la tenga podrá confirmar acciones en su nombre.',
      fr: 'Ajouter à votre compte une clé d’accès nommée « {label} ». Qui la détient peut confirmer des actions en votre nom.',
    },
  },
  [REMOVE_PASSKEY]: {
    tier: 'consent',
    method: 'POST',
    path: '/.pas/passkeys/remove',
    fields: { id: 'json:/id', label: 'json:/label' },
    text: {
      en: 'Remove the passkey “{label}” from your account. Its id is {id}.',
      ar: 'إزالة مفتاح المرور «{label}» من حسابك. معرّفه هو {id}.',
      de: 'Den Passkey „{label}“ aus Ihrem Konto entfernen. Seine Kennung ist {id}.',
      es: 'Quitar de su cuenta la llave de acceso «{label}». Su identificador es {id}.',
      fr: 'Retirer de votre compte la clé d’accès « {label} ». Son identifiant est {id}.',
    },
  },
};
