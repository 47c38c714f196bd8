package dev.unlearn.examples.docs;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.baseline.DpDecoding;
import dev.unlearn.spi.CausalLm;
import java.util.List;

final class BaselinesSnippets {
  private BaselinesSnippets() {}

  static List<int[]> answers(CausalLm model, List<TokenSequence> prompts) {
    DpDecoding decoding = DpDecoding.uniformMix(0.2);
    return model.generate(prompts, decoding.decoding().newTokens(32).seed(1).build());
  }

  static MetricResult accuracy(CausalLm model, List<TokenSequence> sequences) {
    DpDecoding decoding = DpDecoding.uniformMix(0.2);
    return MemorizationAccuracy.of().measure(decoding.applied(model, 1), sequences);
  }
}
