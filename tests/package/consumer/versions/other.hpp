#pragma once

/// Whether a circuit of the other version keeps to its settings.
bool is_right_in_the_other_version();
