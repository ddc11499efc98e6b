#include "lakehouse/engine/session.h"
