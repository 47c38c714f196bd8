package dev.unlearn.examples.docs;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.unlearn.CausalLms;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;

final class DevicesSnippets {
  private DevicesSnippets() {}

  static int gpuCount() {
    return Engine.getEngine("PyTorch").getGpuCount();
  }

  static TrainableCausalLm load(Path folder) {
    LoadOptions options = LoadOptions.builder().device(Device.gpu(1)).build();
    return CausalLms.load(folder, options);
  }
}
