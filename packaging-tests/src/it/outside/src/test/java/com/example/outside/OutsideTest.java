package com.example.outside;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.Unlearner;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.Outcome;
import org.junit.jupiter.api.Test;

final class OutsideTest {
  @Test
  void forget_ownCriterion() {
    ForgetReport report = Outside.forget();

    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(report.reason()).isEqualTo("every loss is above 5.0");
    assertThat(report.before().get("loss").perSequence())
        .hasSize(2)
        .allSatisfy(loss -> assertThat(loss).isLessThan(Outside.LIMIT));
    assertThat(report.after().get("loss").perSequence())
        .hasSize(2)
        .allSatisfy(loss -> assertThat(loss).isGreaterThan(Outside.LIMIT));
    assertThat(report.digests().get("model.after"))
        .isNotEqualTo(report.digests().get("model.before"));
    assertThat(report.versions()).containsEntry("unlearn", System.getProperty("unlearn.version"));
  }

  @Test
  void library_asModule() {
    Module library = Unlearner.class.getModule();

    if (Boolean.getBoolean("modular")) {
      assertThat(library.getName()).isEqualTo("dev.unlearn.core");
      assertThat(library.getDescriptor().isAutomatic()).isTrue();
    } else {
      assertThat(library.isNamed()).isFalse();
    }
  }
}
