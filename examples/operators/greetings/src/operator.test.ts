import { CoreV1Api, CustomObjectsApi, KubeConfig } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Greeting, GREETINGS, run } from "./operator.js";

// KUBECONFIG is set by `pilothouse test`: the operator is the current context, the test is the one that --faults does not strike.
const forOperator = new KubeConfig();
forOperator.loadFromDefault();
const forTest = new KubeConfig();
forTest.loadFromDefault();
forTest.setCurrentContext("test");
const custom = forTest.makeApiClient(CustomObjectsApi);
const core = forTest.makeApiClient(CoreV1Api);
const namespace = "default";
let stop: () => Promise<void>;

before(async () => {
  stop = await run(forOperator);
});
after(() => stop());

async function eventually(check: () => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      return await check();
    } catch {
      await delay(25);
    }
  }
  await check();
}

function greeting(name: string, whom: string) {
  return { apiVersion: "example.com/v1", kind: "Greeting", metadata: { name }, spec: { whom } };
}

async function textOf(name: string): Promise<string | undefined> {
  const found = (await custom.getNamespacedCustomObject({ ...GREETINGS, namespace, name })) as Greeting;
  return found.status?.text;
}

test("a greeting gets its text", async () => {
  await custom.createNamespacedCustomObject({ ...GREETINGS, namespace, body: greeting("sea", "sea") });
  await eventually(async () => assert.equal(await textOf("sea"), "Hello, sea!"));
});

test("a greeting for nobody is refused", async () => {
  const refused = custom.createNamespacedCustomObject({ ...GREETINGS, namespace, body: greeting("nobody", "") });
  await assert.rejects(refused, /spec\.whom/);
});

test("a Namespace goes with the greetings in it", async () => {
  await core.createNamespace({ body: { metadata: { name: "team" } } });
  await custom.createNamespacedCustomObject({ ...GREETINGS, namespace: "team", body: greeting("all", "all") });
  await core.deleteNamespace({ name: "team" });
  await eventually(async () => assert.rejects(core.readNamespace({ name: "team" }), /not found/));
});
