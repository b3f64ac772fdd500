/** Files below a folder, in the order in which torchvision finds them. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareCodePoints } from '../core/code-points.js';
import { fromFileError, GoogLeNetError } from '../core/errors.js';
import { fsPath, nameOfBytes } from '../core/files/file-names.js';

/** All files in and below a folder that `wanted` takes: folder by folder in the order of their paths, by name within each. */
export async function filesUnder(
  dir: string,
  wanted: (name: string) => boolean,
  ancestors: readonly string[],
): Promise<string[]> {
  const found: { dir: string; files: string[] }[] = [];
  const list = async (folder: string, above: readonly string[]): Promise<void> => {
    const { id, folders, files } = await listFolder(folder, above);
    found.push({ dir: folder, files: files.filter(wanted).sort(compareCodePoints) });
    for (const name of folders) await list(join(folder, name), [...above, id]);
  };
  await list(dir, ancestors);
  found.sort((a, b) => compareCodePoints(a.dir, b.dir));
  return found.flatMap((folder) => folder.files.map((name) => join(folder.dir, name)));
}

interface Listing {
  /** Tells folders apart whatever path leads to them. */
  id: string;
  folders: string[];
  files: string[];
}

/** @param ancestors ids of the folders above: a link back to one of them would never end. */
export async function listFolder(dir: string, ancestors: readonly string[]): Promise<Listing> {
  try {
    const { dev, ino } = await stat(fsPath(dir), { bigint: true });
    const id = `${dev}:${ino}`;
    if (ancestors.includes(id)) {
      throw new GoogLeNetError('INVALID_DATASET', `${dir} is a link to a folder above it. Remove the link.`);
    }
    const listing: Listing = { id, folders: [], files: [] };
    for (const entry of await readdir(fsPath(dir), { withFileTypes: true, encoding: 'buffer' })) {
      const name = nameOfBytes(entry.name);
      const known = entry.isFile() || entry.isDirectory();
      const isFolder = known ? entry.isDirectory() : await leadsToFolder(join(dir, name));
      (isFolder ? listing.folders : listing.files).push(name);
    }
    return listing;
  } catch (error) {
    throw fromFileError(error, 'read', dir);
  }
}

/** A dangling link counts as a file: if it is called like an image, reading it reports it. */
async function leadsToFolder(path: string): Promise<boolean> {
  return stat(fsPath(path)).then(
    (target) => target.isDirectory(),
    () => false,
  );
}
