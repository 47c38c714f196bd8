package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class ContenderTest {
  @Test
  void all_namesApart() {
    List<String> names = Contender.all().stream().map(Contender::name).toList();
    assertThat(names).doesNotHaveDuplicates().hasSize(9);
  }

  @Test
  void trained_upperHalf() {
    Contender upper =
        Contender.all().stream().filter(Contender::upperFeedForward).findFirst().orElseThrow();
    try (TrainableCausalLm model = SmallModel.create(1, 4, 16)) {
      String pattern = upper.trained(model);
      List<String> trained =
          model.parameters().keySet().stream().filter(name -> name.matches(pattern)).toList();
      assertThat(trained)
          .hasSize(8)
          .allMatch(name -> name.contains(".mlp."))
          .allMatch(name -> name.contains(".h.2.") || name.contains(".h.3."));
    }
  }
}
