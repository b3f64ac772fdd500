// npm run setup -- [flags of `googlenet setup`]
import { bootstrap } from './bootstrap.mjs';

await bootstrap(process.argv.slice(2));
