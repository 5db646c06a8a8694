/** The window's own words, in the language of the text. */

export interface Words {
  confirm: string;
  cancel: string;
  /** Above the text: who asks. */
  asks: (app: string) => string;
  waiting: string;
  /** After a confirmation, while an authenticator works. */
  passkey: string;
  /** After a confirmation, while the request is signed. */
  signing: string;
  over: string;
}

const words: Record<string, Words> = {
  en: {
    confirm: 'Confirm',
    cancel: 'Cancel',
    asks: (app) => `${app} asks you to confirm`,
    waiting: 'One moment…',
    passkey: 'Now use your passkey.',
    signing: 'Confirmed.',
    over: 'There is nothing to confirm. You can close this window.',
  },
  de: {
    confirm: 'Bestätigen',
    cancel: 'Abbrechen',
    asks: (app) => `${app} bittet um Ihre Bestätigung`,
    waiting: 'Einen Moment…',
    passkey: 'Nun mit Ihrem Passkey.',
    signing: 'Bestätigt.',
    over: 'Hier ist nichts zu bestätigen. Sie können das Fenster schließen.',
  },
  fr: {
    confirm: 'Confirmer',
    cancel: 'Annuler',
    asks: (app) => `${app} demande votre confirmation`,
    waiting: 'Un instant…',
    passkey: 'Utilisez maintenant votre clé d’accès.',
    signing: 'Confirmé.',
    over: 'Il n’y a rien à confirmer. Vous pouvez fermer cette fenêtre.',
  },
  es: {
    confirm: 'Confirmar',
    cancel: 'Cancelar',
    asks: (app) => `${app} pide su confirmación`,
    waiting: 'Un momento…',
    passkey: 'Ahora use su llave de acceso.',
    signing: 'Confirmado.',
    over: 'No hay nada que confirmar. Puede cerrar esta ventana.',
  },
  it: {
    confirm: 'Conferma',
    cancel: 'Annulla',
    asks: (app) => `${app} chiede la sua conferma`,
    waiting: 'Un momento…',
    passkey: 'Ora usi la sua passkey.',
    signing: 'Confermato.',
    over: 'Non c’è nulla da confermare. Può chiudere questa finestra.',
  },
  pt: {
    confirm: 'Confirmar',
    cancel: 'Cancelar',
    asks: (app) => `${app} pede a sua confirmação`,
    waiting: 'Um momento…',
    passkey: 'Agora use a sua chave de acesso.',
    signing: 'Confirmado.',
    over: 'Não há nada para confirmar. Pode fechar esta janela.',
  },
  nl: {
    confirm: 'Bevestigen',
    cancel: 'Annuleren',
    asks: (app) => `${app} vraagt om uw bevestiging`,
    waiting: 'Een ogenblik…',
    passkey: 'Gebruik nu uw passkey.',
    signing: 'Bevestigd.',
    over: 'Er is niets te bevestigen. U kunt dit venster sluiten.',
  },
  ar: {
    confirm: 'تأكيد',
    cancel: 'إلغاء',
    asks: (app) => `يطلب ${app} تأكيدك`,
    waiting: 'لحظة…',
    passkey: 'استخدم الآن مفتاح المرور.',
    signing: 'تم التأكيد.',
    over: 'لا يوجد ما يجب تأكيده. يمكنك إغلاق هذه النافذة.',
  },
  he: {
    confirm: 'אישור',
    cancel: 'ביטול',
    asks: (app) => `${app} מבקש את אישורך`,
    waiting: 'רגע…',
    passkey: 'כעת השתמשו במפתח הגישה.',
    signing: 'אושר.',
    over: 'אין מה לאשר. אפשר לסגור את החלון.',
  },
  ja: {
    confirm: '承認',
    cancel: 'キャンセル',
    asks: (app) => `${app} が確認を求めています`,
    waiting: 'お待ちください…',
    passkey: 'パスキーを使用してください。',
    signing: '承認しました。',
    over: '確認するものはありません。このウィンドウを閉じてください。',
  },
};

/** The words for a language, and the language that they are in. */
export function wordsFor(language: string): { words: Words; language: string } {
  const primary = language.split('-')[0]?.toLowerCase() ?? '';
  const found = words[primary];
  return found ? { words: found, language: primary } : { words: words['en'] as Words, language: 'en' };
}
