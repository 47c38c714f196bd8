package dev.unlearn.examples.docs;

import dev.unlearn.CausalLms;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.model.Precision;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;

final class PrecisionSnippets {
  private PrecisionSnippets() {}

  static TrainableCausalLm load(Path folder) {
    LoadOptions options = LoadOptions.builder().precision(Precision.BFLOAT16_MIXED).build();
    return CausalLms.load(folder, options);
  }
}
