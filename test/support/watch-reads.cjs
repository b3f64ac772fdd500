/**
 * Loaded before a program (`node -r`): records how often it opens each file whose path ends with `WATCHED_SUFFIX`, and which bytes of it are
 * read through JavaScript, and writes that as JSON to `WATCH_REPORT`. C++ opens no files: it reads tensors from a given descriptor.
 */
const fs = require('node:fs');
const { promisify } = require('node:util');

const { WATCHED_SUFFIX, WATCH_REPORT } = process.env;
/** Path → { opens, reads: [position, bytes][] } */
const files = {};
/** Descriptor → path */
const paths = new Map();

function opened(path, fd) {
  const name = String(path);
  if (!name.endsWith(WATCHED_SUFFIX)) return;
  files[name] ??= { opens: 0, reads: [] };
  files[name].opens++;
  paths.set(fd, name);
}

const { open, openSync, read, close } = fs;
const openHandle = fs.promises.open;
fs.promises.open = async (path, ...rest) => {
  const handle = await openHandle(path, ...rest);
  opened(path, handle.fd);
  const end = handle.close.bind(handle);
  handle.close = () => {
    paths.delete(handle.fd);
    return end();
  };
  return handle;
};
fs.open = (path, ...rest) => {
  const done = rest.pop();
  open(path, ...rest, (error, fd) => {
    if (!error) opened(path, fd);
    done(error, fd);
  });
};
fs.openSync = (path, ...rest) => {
  const fd = openSync(path, ...rest);
  opened(path, fd);
  return fd;
};
fs.close = (fd, ...rest) => {
  paths.delete(fd);
  return close(fd, ...rest);
};
const readOf = promisify(read);
const recorded = async (fd, buffer, offset, length, position) => {
  const result = await readOf(fd, buffer, offset, length, position);
  if (paths.has(fd)) files[paths.get(fd)].reads.push([Number(position), result.bytesRead]);
  return result;
};
fs.read = (...args) => read(...args);
fs.read[promisify.custom] = recorded;

process.on('exit', () => fs.writeFileSync(WATCH_REPORT, JSON.stringify(files)));
