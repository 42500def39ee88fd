// Listens on a Unix socket until it is killed, so that the file stays behind.
const [, , path] = process.argv;
require('node:net')
  .createServer()
  .listen(path, () => process.send('listening'));
