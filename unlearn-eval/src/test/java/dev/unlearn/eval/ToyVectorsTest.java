package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.base.Splitter;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/** Numbers computed outside this library; the file's header says how. */
final class ToyVectorsTest {
  private static final Offset<Double> ROUNDING = within(1e-12);

  @ParameterizedTest
  @CsvFileSource(resources = "el-ma-toy.csv", delimiter = ';')
  void measure_toyVectors(
      String sequence, String table, double ma, double el1, double el2, double el3, double el4) {
    FakeCausalLm model = FakeCausalLm.ofTable(ids(table));
    List<TokenSequence> sequences = List.of(TokenSequence.of(ids(sequence)));

    assertThat(MemorizationAccuracy.of().measure(model, sequences).value()).isCloseTo(ma, ROUNDING);
    double[] likelihoods = {el1, el2, el3, el4};
    for (int order = 1; order <= 4; order++) {
      assertThat(ExtractionLikelihood.of(order).measure(model, sequences).value())
          .isCloseTo(likelihoods[order - 1], ROUNDING);
    }
  }

  private static int[] ids(String text) {
    return Splitter.on(' ').splitToStream(text).mapToInt(Integer::parseInt).toArray();
  }
}
