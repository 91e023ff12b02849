/** ONNX Runtime, as much of it as is used here. */

export interface Session {
  run(inputs: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, Output>>>;
  release(): Promise<void>;
}

interface Output {
  readonly data: Float32Array;
}

interface SessionOptions {
  readonly intraOpNumThreads: number;
  readonly interOpNumThreads: number;
}

export interface OnnxRuntime {
  readonly InferenceSession: {
    create(file: string, options: SessionOptions): Promise<Session>;
  };
  readonly Tensor: new (type: "float32", data: Float32Array, shape: readonly number[]) => object;
}

/** This folder has packages of its own; without them, everything else in the repository works. */
export async function importOnnxRuntime(): Promise<OnnxRuntime> {
  const name: string = "onnxruntime-node";
  try {
    return (await import(name)) as OnnxRuntime;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `Cannot load ONNX Runtime: ${reason}; run \`npm ci\` in examples/expensive-init`,
      { cause },
    );
  }
}
