package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ByDomainTest {
  private static final List<TokenSequence> SEQUENCES =
      List.of(
          TokenSequence.of(0, 1, 2, 3).withDomain("mail"),
          TokenSequence.of(3, 3, 0).withDomain("code"),
          TokenSequence.of(2, 0),
          TokenSequence.of(1, 1, 1, 1, 1, 1, 2).withDomain("mail"));

  private final FakeCausalLm model = FakeCausalLm.ofTable(1, 2, 3, 0);

  @Test
  void measure_inOrderOfFirstAppearance() {
    Map<Optional<String>, MetricResult> results =
        ByDomain.measure(MemorizationAccuracy.of(), model, SEQUENCES);

    assertThat(results.keySet())
        .containsExactly(Optional.empty(), Optional.of("mail"), Optional.of("code"));
    assertThat(results.get(Optional.<String>empty()).perSequence()).hasSize(4);
    assertThat(results.get(Optional.of("code")).perSequence()).containsExactly(0.5);
  }

  /** Of 3 and 6 targets all, and one, are predicted at 1/2; the others share 1/2 among three. */
  @Test
  void measure_aggregatesAsTheMetricDoes() {
    double mail =
        ByDomain.measure(TokenLoss.of(), model, SEQUENCES).get(Optional.of("mail")).value();

    assertThat(mail).isCloseTo((4 * Math.log(2) + 5 * Math.log(6)) / 9, within(1e-6));
  }

  @Test
  void measure_asksTheModelOncePerSequence() {
    Map<Optional<String>, MetricResult> results =
        ByDomain.measure(ExtractionLikelihood.of(1), model, SEQUENCES);

    assertThat(model.scorePasses()).isEqualTo(1);
    assertThat(model.continuing()).isEqualTo(1);
    FakeCausalLm other = FakeCausalLm.ofTable(1, 2, 3, 0);
    assertThat(results.get(Optional.of("mail")))
        .isEqualTo(
            ExtractionLikelihood.of(1).measure(other, List.of(SEQUENCES.get(0), SEQUENCES.get(3))));
  }

  @Test
  void measure_withoutDomains() {
    assertThat(ByDomain.measure(MemorizationAccuracy.of(), model, List.of(TokenSequence.of(0, 1))))
        .containsOnlyKeys(Optional.<String>empty());
  }
}
