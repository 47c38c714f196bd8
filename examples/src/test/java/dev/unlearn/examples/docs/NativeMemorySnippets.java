package dev.unlearn.examples.docs;

import dev.unlearn.CausalLms;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;

final class NativeMemorySnippets {
  /** Lowers the mean probability of the target tokens; unlike gradient ascent it is bounded. */
  static final Objective MEAN_PROBABILITY =
      context -> {
        Share forget = context.forget();
        return forget.tokenMean(forget.pass().logProbabilities().exp());
      };

  private NativeMemorySnippets() {}

  static TrainableCausalLm load(Path folder) {
    return CausalLms.load(folder, LoadOptions.builder().decodingBytes(1L << 30).build());
  }
}
