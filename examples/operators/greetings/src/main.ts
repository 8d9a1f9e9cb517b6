import { KubeConfig } from "@kubernetes/client-node";
import { run } from "./operator.js";

const config = new KubeConfig();
config.loadFromDefault();
await run(config);
