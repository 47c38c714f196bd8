package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.google.common.collect.Maps;
import dev.unlearn.OtherDevice;
import dev.unlearn.TinyModel;
import dev.unlearn.internal.HostValues;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Weights on a device, and copies of them in a file that is mapped into host memory. */
@Tag("engine")
@EnabledOnOs(OS.LINUX)
final class SnapshotOfOtherDeviceTest {
  private final TrainableCausalLm model = TinyModel.gpt2(1, OtherDevice.options());
  private final String original = WeightsDigest.of(model);

  @AfterEach
  void close() {
    model.close();
  }

  /** {@code o + factor (x − o)}, here with {@code x = o + 1}. */
  @Test
  void onDisk_extrapolate() {
    try (Snapshot snapshot = Snapshot.onDisk(model)) {
      Map<String, float[]> before = values();
      model.parameters().values().forEach(array -> array.addi(1));

      snapshot.extrapolate(-0.5);

      Map<String, float[]> after = values();
      before.forEach(
          (name, origin) -> {
            for (int i = 0; i < origin.length; i++) {
              assertThat(after.get(name)[i]).isCloseTo(origin[i] - 0.5f, within(1e-6f));
            }
          });
    }
  }

  private Map<String, float[]> values() {
    return Map.copyOf(Maps.transformValues(model.parameters(), HostValues::floats));
  }

  /** Lazy tensors can be written from host memory, not into it: no swap. */
  @Test
  void onDisk_restore() {
    try (Snapshot snapshot = Snapshot.onDisk(model)) {
      assertThat(snapshot.values().values())
          .allSatisfy(copy -> assertThat(copy.getDevice()).isEqualTo(Device.cpu()));
      model.parameters().values().forEach(array -> array.addi(1));
      assertThat(WeightsDigest.of(model)).isNotEqualTo(original);
      snapshot.restore();
      assertThat(WeightsDigest.of(model)).isEqualTo(original);
    }
  }
}
