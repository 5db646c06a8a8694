// Whether WebKitGTK, its driver and a screen without a monitor are here. Not every system has them.
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const LIBRARIES = '/usr/lib';
const APIS = ['4.1', '4.0'];

const onPath = (name) => process.env.PATH.split(delimiter).some((folder) => existsSync(join(folder, name)));

/** Debian and its kin keep the browser in a folder per architecture and version of the interface. */
export const miniBrowser = () => {
  if (!existsSync(LIBRARIES)) return undefined;
  return readdirSync(LIBRARIES)
    .flatMap((architecture) => APIS.map((api) => join(LIBRARIES, architecture, `webkit2gtk-${api}`, 'MiniBrowser')))
    .find((path) => existsSync(path));
};

export const webkitInstalled = () => Boolean(miniBrowser()) && onPath('WebKitWebDriver') && onPath('Xvfb');
