// npm run setup -- [flags of `googlenet setup`]
import { bootstrap } from './lib/bootstrap.mjs';

await bootstrap(process.argv.slice(2));
