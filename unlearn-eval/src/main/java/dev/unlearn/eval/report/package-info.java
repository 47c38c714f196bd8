/**
 * {@link dev.unlearn.eval.report.AuditReport} writes an {@link dev.unlearn.eval.audit.Audit} for
 * people and for programs: one self-contained HTML file, JSON and CSV.
 *
 * <p>It needs dependencies that are optional in this module: {@code com.samskivert:jmustache} and
 * {@code org.webjars.npm:echarts} for HTML, {@code org.apache.commons:commons-csv} for CSV.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.eval.report;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
