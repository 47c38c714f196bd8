package dev.unlearn.eval.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Interval;
import dev.unlearn.eval.stat.Estimate;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class AttackResultTest {
  @Test
  void recovery_oneStrengthAboveMargin() {
    assertThat(result(excess(-0.1, 0.02), excess(0.06, 0.4)).recovery())
        .isEqualTo(Recovery.COMES_BACK);
  }

  @Test
  void recovery_allWithinMargin() {
    assertThat(result(excess(-0.1, 0.02), excess(-0.2, 0.05)).recovery())
        .isEqualTo(Recovery.NOT_SEEN);
  }

  @Test
  void recovery_intervalCrossesMargin() {
    assertThat(result(excess(-0.1, 0.02), excess(0.01, 0.4)).recovery())
        .isEqualTo(Recovery.UNDECIDED);
  }

  @Test
  void recovery_nothingToCompareWith() {
    assertThat(result(Optional.empty()).recovery()).isEqualTo(Recovery.UNDECIDED);
    assertThat(result(Optional.of(Estimate.of(0.9, 3, "none"))).recovery())
        .isEqualTo(Recovery.UNDECIDED);
  }

  @Test
  void build_noPoint() {
    AttackResult.Builder builder = builder();
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("an attack must have at least one point, but had none");
  }

  private static Optional<Estimate> excess(double low, double high) {
    Interval interval = new Interval(low, high, 0.95);
    return Optional.of(new Estimate((low + high) / 2, Optional.of(interval), 8, "by hand"));
  }

  @SafeVarargs
  private static AttackResult result(Optional<Estimate>... excesses) {
    AttackResult.Builder builder = builder();
    for (int i = 0; i < excesses.length; i++) {
      builder.addPoint(
          AttackPoint.builder()
              .setting("strength " + i)
              .strength(i)
              .forgotten(Estimate.of(0.5, 8, "by hand"))
              .addAllPerSequence(List.of())
              .excess(excesses[i])
              .build());
    }
    return builder.build();
  }

  private static AttackResult.Builder builder() {
    return AttackResult.builder()
        .attack("attack")
        .title("An attack")
        .description("Nothing was done.")
        .metric("ma");
  }
}
