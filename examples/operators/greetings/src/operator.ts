import {
  CustomObjectsApi, KubeConfig, KubernetesListObject, KubernetesObject, makeInformer, PatchStrategy, setHeaderOptions,
} from "@kubernetes/client-node";

export const GREETINGS = { group: "example.com", version: "v1", plural: "greetings" };
const RETRY_MS = 500;

export interface Greeting extends KubernetesObject {
  spec: { whom: string };
  status?: { text?: string };
}

/** Writes the text of every Greeting into its status; returns what stops it. */
export async function run(config: KubeConfig): Promise<() => Promise<void>> {
  const api = config.makeApiClient(CustomObjectsApi);
  const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  const list = async () =>
    (await api.listCustomObjectForAllNamespaces(GREETINGS)) as KubernetesListObject<Greeting>;
  const informer = makeInformer<Greeting>(config, "/apis/example.com/v1/greetings", list);
  let isStopped = false;

  const greet = async (greeting: Greeting) => {
    const text = `Hello, ${greeting.spec.whom}!`;
    if (isStopped || greeting.status?.text === text) return;
    const { name = "", namespace = "" } = greeting.metadata ?? {};
    try {
      await api.patchNamespacedCustomObjectStatus({ ...GREETINGS, namespace, name, body: { status: { text } } }, merge);
    } catch (error) {
      if ((error as { code?: number }).code !== 404) setTimeout(greet, RETRY_MS, greeting);
    }
  };
  informer.on("add", greet);
  informer.on("update", greet);
  informer.on("error", () => setTimeout(() => isStopped || informer.start(), RETRY_MS));
  await informer.start();
  return () => {
    isStopped = true;
    return informer.stop();
  };
}
