package dev.unlearn.training;

import dev.unlearn.api.Health;
import dev.unlearn.api.HealthBound;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.spi.CausalLm;
import java.util.List;

/**
 * Loss and memorization accuracy on unseen text, before the run and after it. The text is taken as
 * it was given, only cut to the context length; not to the forget set's lengths.
 */
final class HealthCheck {
  private final CausalLm model;
  private final List<TokenSequence> unseen;
  private final HealthBound bound;
  private final Values before;

  private record Values(double loss, double accuracy) {}

  /** Measures the state before. */
  HealthCheck(CausalLm model, List<TokenSequence> unseen, HealthBound bound) {
    this.model = model;
    this.unseen =
        unseen.stream()
            .map(text -> text.head(Math.min(text.length(), model.contextLength())))
            .toList();
    this.bound = bound;
    before = measure();
  }

  /** Measures the state now. */
  Health after() {
    Values after = measure();
    return Health.builder()
        .lossBefore(before.loss())
        .lossAfter(after.loss())
        .maBefore(before.accuracy())
        .maAfter(after.accuracy())
        .bound(bound)
        .build();
  }

  private Values measure() {
    CausalLm now = new RememberingCausalLm(model);
    return new Values(
        TokenLoss.of().measure(now, unseen).value(),
        MemorizationAccuracy.of().measure(now, unseen).value());
  }
}
