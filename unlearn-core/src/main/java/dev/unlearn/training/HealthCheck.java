package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.Health;
import dev.unlearn.api.HealthBound;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.spi.CausalLm;
import java.util.List;

/**
 * Loss and memorization accuracy on unseen text, before the run and after it. The text is taken as
 * it was given, only cut to the context length; not to the forget set's lengths. Texts whose prompt
 * alone fills the context are left out.
 */
final class HealthCheck {
  private final CausalLm model;
  private final List<TokenSequence> unseen;
  private final HealthBound bound;
  private final MeasuringProgress progress;
  private final Values before;

  private record Values(double loss, double accuracy) {}

  /**
   * Measures the state before.
   *
   * @throws IllegalArgumentException if the text has nothing to predict, or holds an id outside the
   *     vocabulary
   */
  HealthCheck(
      CausalLm model, List<TokenSequence> unseen, HealthBound bound, MeasuringProgress progress) {
    this.model = model;
    this.progress = progress;
    this.unseen =
        unseen.stream()
            .filter(text -> text.promptLength() < model.contextLength())
            .map(text -> text.head(Math.min(text.length(), model.contextLength())))
            .toList();
    this.bound = bound;
    checkArgument(
        this.unseen.stream().anyMatch(text -> text.targetCount() > 0),
        "unseen text must hold a sequence of at least 2 tokens, so that one can be predicted");
    try {
      before = measure();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("unseen text: " + e.getMessage(), e);
    }
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
    RememberingCausalLm now = new RememberingCausalLm(model);
    now.measuring("health on unseen text", unseen, progress);
    return new Values(
        TokenLoss.of().measure(now, unseen).value(),
        MemorizationAccuracy.of().measure(now, unseen).value());
  }
}
