package dev.unlearn.internal;

import ai.djl.engine.Engine;

/**
 * Prints PyTorch's number of threads as DJL has it, after operators were loaded, and then in a
 * thread that has not computed before.
 */
final class PrintThreads {
  private PrintThreads() {}

  /** Takes nothing. */
  public static void main(String[] arguments) throws InterruptedException {
    var unusedEngine = Engine.getEngine(Torch.ENGINE);
    System.out.println(Torch.threads());
    var unusedOps = TorchOps.get();
    System.out.println(Torch.threads());
    Thread thread = new Thread(() -> System.out.println(Torch.threads()));
    thread.start();
    thread.join();
  }
}
