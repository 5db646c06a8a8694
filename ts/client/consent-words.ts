import type { ConsentState } from './consent.js';

/** What `<pas-consent>` says in each state, and on its buttons. */
export type ConsentWords = Record<ConsentState | 'open' | 'cancel', string>;

const words: Record<string, ConsentWords> = {
  en: {
    waiting: 'Please confirm in the window that has opened.',
    blocked: 'Your browser did not open the window in which you confirm.',
    done: 'Confirmed.',
    cancelled: 'Not confirmed. Nothing was done.',
    failed: 'This could not be confirmed. Nothing was done.',
    open: 'Open the window',
    cancel: 'Cancel',
  },
  de: {
    waiting: 'Bitte bestätigen Sie im geöffneten Fenster.',
    blocked: 'Ihr Browser hat das Fenster zum Bestätigen nicht geöffnet.',
    done: 'Bestätigt.',
    cancelled: 'Nicht bestätigt. Es ist nichts geschehen.',
    failed: 'Das konnte nicht bestätigt werden. Es ist nichts geschehen.',
    open: 'Fenster öffnen',
    cancel: 'Abbrechen',
  },
  fr: {
    waiting: 'Veuillez confirmer dans la fenêtre qui s’est ouverte.',
    blocked: 'Votre navigateur n’a pas ouvert la fenêtre de confirmation.',
    done: 'Confirmé.',
    cancelled: 'Non confirmé. Rien n’a été fait.',
    failed: 'La confirmation a échoué. Rien n’a été fait.',
    open: 'Ouvrir la fenêtre',
    cancel: 'Annuler',
  },
  es: {
    waiting: 'Confirme en la ventana que se ha abierto.',
    blocked: 'Su navegador no abrió la ventana para confirmar.',
    done: 'Confirmado.',
    cancelled: 'No confirmado. No se ha hecho nada.',
    failed: 'No se pudo confirmar. No se ha hecho nada.',
    open: 'Abrir la ventana',
    cancel: 'Cancelar',
  },
  ar: {
    waiting: 'يرجى التأكيد في النافذة التي فُتحت.',
    blocked: 'لم يفتح متصفحك نافذة التأكيد.',
    done: 'تم التأكيد.',
    cancelled: 'لم يتم التأكيد. لم يحدث شيء.',
    failed: 'تعذّر التأكيد. لم يحدث شيء.',
    open: 'فتح النافذة',
    cancel: 'إلغاء',
  },
};

/** The words in a language, or in English. */
export const consentWords = (language: string): ConsentWords =>
  words[language.split('-')[0]?.toLowerCase() ?? ''] ?? (words['en'] as ConsentWords);
